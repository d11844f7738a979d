import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from pipeline.class_weights import (
    BaggedCoordinate,
    CalibratedPrior,
    Coordinate,
    Fit,
    NelderMead,
    NoWeights,
    Prior,
    predict_labels,
    prior_weights,
    search,
    weighted_macro_f1,
)
from pipeline.class_weights.coordinate import ascend
from pipeline.class_weights.objective import batched_objective, normalise
from pipeline.class_weights.prior import best_start

few = settings(max_examples=15)
many = settings(max_examples=60)
seeds = st.integers(0, 2**32 - 1)


def biased_scores(seed=0, counts=(60, 41, 22, 13, 7)):
    """Probabilities that favour frequent classes, with labels; no two values are equal."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    logits = rng.normal(size=(len(y), len(counts))) + 1.2 * np.eye(len(counts))[y] + np.log(counts)
    exps = np.exp(logits)
    return exps / exps.sum(axis=1, keepdims=True), y


def tied_scores(seed):
    """Few rows with few values: ties, rows of zeros and absent classes are common."""
    rng = np.random.default_rng(seed)
    n_rows, n_classes = rng.integers(1, 15), rng.integers(2, 6)
    return rng.choice([0, 0.25, 0.5, 1], (n_rows, n_classes)), rng.integers(0, n_classes, n_rows)


def test_weights_of_ones_change_nothing():
    scores, y = biased_scores()
    np.testing.assert_array_equal(predict_labels(scores, np.ones(5)), scores.argmax(axis=1))
    result = search(scores, y, NoWeights())
    np.testing.assert_array_equal(result.weights, np.ones(5))
    reference = f1_score(y, scores.argmax(axis=1), labels=range(5), average="macro", zero_division=0)
    assert result.score == pytest.approx(reference)
    assert result.evaluations == 0


@many
@given(seed=seeds)
def test_the_fast_objective_is_the_plain_one_ties_included(seed):
    scores, y = tied_scores(seed)
    rng = np.random.default_rng(seed)
    weightings = np.stack([np.ones(scores.shape[1]), rng.choice([0.25, 1, 2, 8], scores.shape[1])])
    slow = [weighted_macro_f1(scores, y, class_weights) for class_weights in weightings]
    np.testing.assert_allclose(batched_objective(scores, y)(weightings), slow)


def test_the_fast_objective_is_the_plain_one_on_many_weights():
    scores, y = biased_scores(counts=(600, 410, 220, 130, 70))  # several blocks of rows, the last one not full
    weightings = np.random.default_rng(0).lognormal(size=(50, 5))
    slow = [weighted_macro_f1(scores, y, class_weights) for class_weights in weightings]
    np.testing.assert_allclose(batched_objective(scores, y)(weightings), slow)


@pytest.mark.parametrize("method", [Prior(), CalibratedPrior(), BaggedCoordinate(), NelderMead(), Coordinate()])
def test_a_search_gains_and_reports_what_its_weights_reach(method):
    scores, y = biased_scores()
    result = search(scores, y, method)
    assert result.score > search(scores, y, NoWeights()).score + 0.05
    assert result.score == weighted_macro_f1(scores, y, result.weights)
    assert result.weights.min() > 0
    assert np.log(result.weights).mean() == pytest.approx(0, abs=1e-12)
    assert result.evaluations > 0
    again = search(scores, y, method)
    np.testing.assert_array_equal(again.weights, result.weights)


@many
@given(seed=seeds)
def test_coordinate_ascent_never_lowers_its_start(seed):
    scores, y = tied_scores(seed)
    start = np.random.default_rng(seed).lognormal(size=scores.shape[1])
    end, _ = ascend(scores, y, start)
    assert weighted_macro_f1(scores, y, end) >= weighted_macro_f1(scores, y, start)


def assert_no_single_weight_gains(scores, y, class_weights, factors):
    reached = weighted_macro_f1(scores, y, class_weights)
    for label in range(scores.shape[1]):
        for factor in factors:
            moved = class_weights.copy()
            moved[label] *= factor
            assert weighted_macro_f1(scores, y, moved) <= reached + 1e-12


def test_coordinate_ascent_ends_where_no_single_weight_gains():
    scores, y = biased_scores(1)
    end, _ = ascend(scores, y, np.ones(5))
    assert_no_single_weight_gains(scores, y, end, np.geomspace(0.01, 100, 400))


@many
@given(seed=seeds)
def test_coordinate_ascent_ends_at_an_optimum_with_ties_too(seed):
    scores, y = tied_scores(seed)
    end, _ = ascend(scores, y, np.ones(scores.shape[1]))
    assert_no_single_weight_gains(scores, y, end, np.geomspace(0.03, 30, 25) * 1.001)


@few
@given(seed=seeds)
def test_permuting_classes_permutes_the_weights_of_coordinate_ascent(seed):
    scores, y = biased_scores(seed)
    order = np.random.default_rng(seed).permutation(5)
    plain = search(scores, y, Coordinate())
    permuted = search(scores[:, order], np.argsort(order)[y], Coordinate())
    np.testing.assert_allclose(permuted.weights, plain.weights[order])
    assert permuted.score == pytest.approx(plain.score)


@pytest.mark.parametrize("budget", [1, 10, 30, 400])
def test_nelder_mead_is_never_worse_than_its_start_and_keeps_its_budget(budget):
    for seed in range(5):
        scores, y = biased_scores(seed)
        start = best_start(scores, y)
        end, evaluations = NelderMead(max_evaluations=budget).fit(scores, y, seed)
        assert weighted_macro_f1(scores, y, end) >= weighted_macro_f1(scores, y, start)
        assert evaluations <= budget


def test_nelder_mead_does_not_fall_for_its_own_rounding():
    # float32 cannot tell the classes apart: "all rows are class 1" looks better than ones, which are perfect
    y = np.array([0, 1, 1, 2] * 5)
    scores = 0.5 + 1e-10 * np.eye(3)[y]
    assert weighted_macro_f1(scores, y, np.ones(3)) == 1
    assert search(scores, y, NelderMead()).score == 1
    end, _ = NelderMead().fit(scores, y, seed=0)
    np.testing.assert_array_equal(end, np.ones(3))


class Bad(NoWeights):
    """Prefers the first class by far."""

    def fit(self, scores, y, seed):
        return Fit(np.array([1e3, 1, 1, 1, 1]), 1)


def test_weights_that_fall_below_ones_are_not_returned():
    scores, y = biased_scores()
    np.testing.assert_array_equal(search(scores, y, Bad()).weights, np.ones(5))


def test_nelder_mead_takes_the_seed_and_several_starts():
    scores, y = biased_scores(2)
    first, again, other = (search(scores, y, NelderMead(), seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.weights, again.weights)
    assert not np.array_equal(first.weights, other.weights)
    one, many_starts = (NelderMead(starts=starts).fit(scores, y, seed=0).evaluations for starts in (1, 8))
    assert many_starts > 3 * one


def test_prior_weights_by_hand_and_for_an_absent_class():
    y = np.array([0] * 16 + [1] * 4)
    np.testing.assert_allclose(prior_weights(y, 2, 0.5), [1 / np.sqrt(2), np.sqrt(2)])
    np.testing.assert_allclose(prior_weights(y, 2, 0), [1, 1])
    np.testing.assert_allclose(prior_weights(y, 3, 1), [0.5, 2, 1])


def test_a_start_undoes_the_prior_where_that_helps():
    scores, y = biased_scores()
    start = best_start(scores, y)
    assert start[4] > start[0]
    assert weighted_macro_f1(scores, y, start) > weighted_macro_f1(scores, y, np.ones(5))
    flat = np.eye(5)[y]
    np.testing.assert_array_equal(best_start(flat, y), np.ones(5))


def test_shrinkage_pulls_toward_ones():
    scores, y = biased_scores()
    full, half = search(scores, y, Coordinate()), search(scores, y, Coordinate(), shrinkage=0.5)
    np.testing.assert_allclose(half.weights, np.sqrt(full.weights))
    assert half.score == weighted_macro_f1(scores, y, half.weights)
    np.testing.assert_array_equal(search(scores, y, Coordinate(), shrinkage=1).weights, np.ones(5))


def test_normalised_weights_have_a_geometric_mean_of_one():
    np.testing.assert_allclose(normalise(np.array([1.0, 4.0])), [0.5, 2])
    np.testing.assert_array_equal(normalise(np.ones(3)), np.ones(3))


def test_bad_input_is_named():
    scores, y = biased_scores()
    with pytest.raises(ValueError, match="shrinkage is 2"):
        search(scores, y, Coordinate(), shrinkage=2)
    with pytest.raises(ValueError, match="softmax"):
        search(np.log(scores), y, Coordinate())
    with pytest.raises(ValueError, match="finite"):
        search(scores * np.inf, y, Coordinate())
    with pytest.raises(ValueError, match="shape"):
        search(scores[0], y, Coordinate())
    with pytest.raises(ValueError, match="rows"):
        search(scores, y[:-1], Coordinate())
    with pytest.raises(ValueError, match="y holds"):
        search(scores, y + 1, Coordinate())
