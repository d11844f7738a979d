import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from pipeline.vocab.context.decide import NOBODY, assign, nearest_free
from pipeline.vocab.context.neighbours import unit_rows
from pipeline.vocab.context.similarity import row_products
from pipeline.vocab.context.transport import FAINT, Names, believe, pairs_as_belief, transport


def unknown(n: int, m: int) -> Names:
    return Names(np.full(n, -1), np.ones(n, bool), np.ones(m, bool))


@settings(max_examples=50)
@given(st.integers(0, 7), st.integers(1, 7), st.integers(0, 99))
def test_nothing_is_used_more_than_once(n: int, m: int, seed: int) -> None:
    similarity = np.random.default_rng(seed).random((n, m)).astype(np.float32)
    probabilities = transport(similarity, 0.1)
    assert probabilities.shape == (n, m)
    fewer, more = (1, 0) if n <= m else (0, 1)
    np.testing.assert_allclose(probabilities.sum(axis=fewer), 1, rtol=1e-4)
    assert (probabilities.sum(axis=more) < 1.1).all()


def test_a_cold_transport_is_the_assignment() -> None:
    similarity = np.random.default_rng(5).random((6, 9))
    rows, columns = linear_sum_assignment(similarity, maximize=True)
    assert similarity.argmax(axis=1)[rows].tolist() != columns.tolist()  # each its own best: some twice
    assert transport(similarity, 0.03).argmax(axis=1)[rows].tolist() == columns.tolist()


def test_a_hot_transport_knows_nothing() -> None:
    np.testing.assert_allclose(transport(np.random.default_rng(0).random((4, 4)), 1e4), 0.25, rtol=1e-3)


def test_known_names_are_believed_and_not_given_away() -> None:
    similarity = np.array([[0.9, 0.1, 0.2], [0.9, 0.8, 0.1], [0.9, 0.2, 0.7]], np.float32)
    names = Names(np.array([0, -1, -1]), np.array([False, True, True]), np.array([False, True, True]))
    belief = believe(similarity, names, temperature=0.01).toarray()
    np.testing.assert_allclose(belief, np.eye(3), atol=0.02)
    # a known name that is past the plain tokens compared is left out
    assert believe(similarity[:1, :0], names, temperature=0.01).shape == (1, 0)


def test_faint_beliefs_are_forgotten() -> None:
    belief = believe(np.array([[1.0, 0.0]], np.float32), unknown(1, 2), temperature=0.25)
    assert belief.nnz == 1
    assert 0.98 < belief.data[0] < 1
    # nobody; a plain token past those compared; and one hardly believed
    belief = pairs_as_belief(np.array([1, NOBODY, 2, 0]), np.array([0.5, 0.9, 1, FAINT / 2]), (4, 2))
    assert belief.toarray().tolist() == [[0, 0.5], [0, 0], [0, 0], [0, 0]]


def test_assignment_maximises_what_is_expected() -> None:
    rng = np.random.default_rng(2)
    similarity = rng.random((8, 6)).astype(np.float32)
    names = Names(np.array([-1] * 7 + [3]), np.array([True] * 7 + [False]), np.arange(6) != 3)
    assigned, probability = assign(similarity, names, temperature=0.1)
    expected = transport(similarity[:7][:, names.is_plain_free], 0.1)
    rows, columns = linear_sum_assignment(-expected)
    best = np.full(8, NOBODY)
    best[7] = 3
    best[rows] = np.flatnonzero(names.is_plain_free)[columns]
    assert assigned.tolist() == best.tolist()
    assert probability[7] == 1
    assert probability[assigned == NOBODY].tolist() == [0, 0]  # seven tokens, five plain ones left
    np.testing.assert_allclose(probability[rows], expected[rows, columns])


@pytest.mark.parametrize("chunk", [2, 1000])
def test_nearest_free_against_a_slow_loop(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.vocab.context.decide.CHUNK", chunk)
    rng = np.random.default_rng(3)
    left, right = (unit_rows(sparse.csr_array(rng.poisson(1.0, (n, 5)).astype(np.float32))) for n in (7, 6))
    is_free = np.array([True, True, False, True, True, True])
    products = row_products(left, right)
    free = [j for j in range(6) if is_free[j]]
    expected = []
    for i in range(7):
        best = max(free, key=lambda j: (products[i, j], -j), default=NOBODY)
        expected.append(best)
        free = [j for j in free if j != best]
    assert nearest_free(left, right, is_free).tolist() == expected
    assert expected[-2:] == [NOBODY, NOBODY]
