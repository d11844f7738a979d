import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.members.inner_split import inner_split


@st.composite
def splits(draw):
    labels = np.array(draw(st.lists(st.integers(0, 4), min_size=1, max_size=60)))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(labels))[: rng.integers(1, len(labels) + 1)]
    return labels, rows, draw(st.floats(0.01, 0.99)), seed


@settings(max_examples=100)
@given(split=splits())
def test_parts_share_the_rows_and_every_class_is_trained_on(split):
    labels, rows, share, _ = split
    train, stop = inner_split(*split)
    assert sorted([*train, *stop]) == sorted(rows)
    assert train.tolist() == sorted(train)
    assert stop.tolist() == sorted(stop)
    assert set(labels[train]) == set(labels[rows])
    for label in set(labels[rows]):
        n = int((labels[rows] == label).sum())
        assert (labels[stop] == label).sum() == min(round(n * share), n - 1)


@settings(max_examples=30)
@given(split=splits())
def test_order_of_rows_aside_the_seed_decides(split):
    labels, rows, share, seed = split
    first, second = inner_split(*split), inner_split(labels, rows.copy(), share, seed)
    assert first[1].tolist() == second[1].tolist()


def test_another_seed_stops_on_other_rows():
    labels = np.zeros(200, dtype=int)
    first, second = (inner_split(labels, np.arange(200), 0.2, seed)[1] for seed in (0, 1))
    assert len(first) == len(second) == 40
    assert first.tolist() != second.tolist()


def test_classes_too_small_for_the_share_leave_nothing_to_stop_on():
    train, stop = inner_split(np.array([0, 1, 2, 2]), np.arange(4), 0.1, 0)
    assert train.tolist() == [0, 1, 2, 3]
    assert stop.tolist() == []
