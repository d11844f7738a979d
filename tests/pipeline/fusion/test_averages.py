import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from pipeline import registry
from pipeline.fusion import member_similarity, probability_average, rank_average, softmax
from pipeline.fusion.kernels import doubled_ranks, ranks_of

PROBS = np.array([[[0.7, 0.2, 0.1], [0.4, 0.2, 0.4]], [[0.1, 0.8, 0.1], [0.6, 0.3, 0.1]]])

ARGUMENTS = {
    "hill_climb": {"steps": 5, "bags": 2, "share": 0.5, "seed": 0},
    "auto_rounds": {"fewest": 3, "most": 5, "ballots": 4, "rounds": 2, "diversity": 0.5, "tie": "rank"},
}
# A stacked classifier may overrule all its members: that is what it is for.
RULES = [name for name in registry.words("fusion") if name != "stack"]

few = settings(max_examples=30)
seeds = st.integers(0, 2**32 - 1)


def random_probs(seed, n_members=3, n_rows=20, n_classes=4):
    return np.random.default_rng(seed).dirichlet(np.ones(n_classes), size=(n_members, n_rows))


@few
@given(seed=seeds)
def test_ranks_are_those_of_scipy(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, size=(rng.integers(1, 9), rng.integers(2, 7))).astype(float)
    expected = 2 * (rankdata(-scores, method="average", axis=1) - 1)
    np.testing.assert_array_equal(doubled_ranks(scores), expected)
    rows, classes = rng.integers(0, scores.shape[0], 12), rng.integers(0, scores.shape[1], 12)
    found = ranks_of(np.stack([scores, -scores]), rows, classes)
    np.testing.assert_array_equal(found[0], expected[rows, classes])
    np.testing.assert_array_equal(found[1], (2 * (scores.shape[1] - 1) - expected)[rows, classes])


def test_rank_average_by_hand():
    # member 0 ranks 0 1 2 | 0.5 2 0.5, member 1 ranks 1.5 0 1.5 | 0 1 2
    np.testing.assert_allclose(rank_average(PROBS), 1 - np.array([[0.75, 0.5, 1.75], [0.25, 1.5, 1.25]]) / 2)
    np.testing.assert_allclose(
        rank_average(PROBS, [3, 1]), 1 - np.array([[0.375, 0.75, 1.875], [0.375, 1.75, 0.875]]) / 2
    )
    np.testing.assert_array_equal(rank_average(PROBS, [0, 2]), rank_average(PROBS[1:]))


def test_rank_average_is_1_for_first_and_0_for_last_and_takes_logits():
    logits = np.log(random_probs(0))
    scores = rank_average(np.repeat(logits[:1], 3, axis=0), weights=[0.1, 0.2, 0.3])
    assert set(scores.max(axis=1)) == {1.0}
    assert scores.min() == pytest.approx(0, abs=1e-12)
    assert scores.min() >= 0
    np.testing.assert_array_equal(rank_average(logits), rank_average(random_probs(0)))


def test_probability_averages_by_hand():
    np.testing.assert_allclose(probability_average(PROBS)[0], [0.4, 0.5, 0.1])
    np.testing.assert_allclose(probability_average(PROBS, [3, 1])[0], [0.55, 0.35, 0.1])
    products = np.sqrt([0.07, 0.16, 0.01])
    np.testing.assert_allclose(probability_average(PROBS, mean="geometric")[0], products / products.sum())


def test_geometric_mean_survives_a_zero():
    probs = np.array([[[0.0, 1.0]], [[0.5, 0.5]]])
    fused = probability_average(probs, mean="geometric")
    assert np.isfinite(fused).all()
    assert 0 < fused[0, 0] < 1e-7


def test_averages_refuse_what_they_cannot_average():
    with pytest.raises(ValueError, match="mean is 'harmonic'"):
        probability_average(PROBS, mean="harmonic")
    with pytest.raises(ValueError, match="softmax"):
        probability_average(np.log(PROBS))
    for function in [rank_average, probability_average, member_similarity]:
        with pytest.raises(ValueError, match="shape"):
            function(PROBS[0])
        with pytest.raises(ValueError, match="2 or more classes"):
            function(PROBS[:, :, :1])
        with pytest.raises(ValueError, match="not finite"):
            function(PROBS + np.inf)


def fused(name, probs):
    """A rule's scores; the labels play no part in these checks."""
    n_rows, n_classes = probs.shape[1:]
    y, fold_ids = np.arange(n_rows) % n_classes, np.arange(n_rows) % 2
    rule = registry.load("fusion", name)(**ARGUMENTS.get(name, {}))
    return rule.apply(probs, rule.fit(probs, y, fold_ids))


@pytest.mark.parametrize("name", RULES)
@few
@given(seed=seeds)
def test_one_member_fused_is_itself(name, seed):
    probs = random_probs(seed, n_members=1)
    np.testing.assert_array_equal(fused(name, probs).argmax(axis=1), probs[0].argmax(axis=1))
    if name in ("probability_average", "geometric_average"):
        np.testing.assert_allclose(fused(name, probs), probs[0])


@pytest.mark.parametrize("name", RULES)
@few
@given(seed=seeds)
def test_a_unanimous_vote_wins(name, seed):
    probs = random_probs(seed)
    best = np.random.default_rng(seed).integers(0, 4, probs.shape[1])
    top = probs.argmax(axis=2)
    rows = np.arange(probs.shape[1])
    for member, member_top in zip(probs, top, strict=True):  # swap each member's largest to the common class
        largest, other = member[rows, member_top].copy(), member[rows, best].copy()
        member[rows, member_top], member[rows, best] = other, largest
    np.testing.assert_array_equal(fused(name, probs).argmax(axis=1), best)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_gives_scores_that_class_weights_can_be_searched_on(name):
    probs = random_probs(5).astype(np.float32)
    scores = fused(name, probs)
    assert scores.shape == probs.shape[1:]
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    assert scores.min() >= 0


def test_softmax_is_stable_and_sums_to_one():
    logits = np.array([[1000.0, 1000.0, -1000.0], [0.0, np.log(2), np.log(3)]])
    np.testing.assert_allclose(softmax(logits), [[0.5, 0.5, 0], [1 / 6, 2 / 6, 3 / 6]], atol=1e-300)
    np.testing.assert_allclose(softmax(logits.T, axis=0), softmax(logits).T)
    assert softmax(logits.astype(np.float32)).dtype == np.float64
    with pytest.raises(ValueError, match="finite"):
        softmax(np.array([0.0, np.nan]))


def test_similarity_by_hand_and_against_numpy():
    probs = random_probs(6)
    agreement, correlation = member_similarity(probs)
    np.testing.assert_allclose(correlation, np.corrcoef(probs.reshape(3, -1)))
    for i in range(3):
        for j in range(3):
            same = probs[i].argmax(axis=1) == probs[j].argmax(axis=1)
            assert agreement[i, j] == pytest.approx(same.mean())


def test_similarity_with_a_member_that_knows_nothing():
    probs = np.stack([random_probs(7)[0], np.full((20, 4), 0.25)])
    agreement, correlation = member_similarity(probs)
    np.testing.assert_array_equal(correlation, np.eye(2))
    assert agreement[0, 1] == (probs[0].argmax(axis=1) == 0).mean()
