import numpy as np
import pytest

from pipeline.class_weights import (
    Coordinate,
    NestedScore,
    NoWeights,
    nested_score,
    nested_twice,
    predict_labels,
    search,
)
from pipeline.metrics import macro_f1

N_FOLDS, N_CLASSES = 3, 4


def case(seed=0, n_rows=90):
    """Nested scores [K, N, C] that differ from fold to fold, labels and folds."""
    rng = np.random.default_rng(seed)
    y = rng.choice(N_CLASSES, n_rows, p=[0.5, 0.3, 0.15, 0.05])
    scores = rng.dirichlet(np.ones(N_CLASSES), size=(N_FOLDS, n_rows)) * [1, 0.8, 0.5, 0.3]
    scores[:, np.arange(n_rows), y] += 0.1
    return scores, y, rng.permutation(np.arange(n_rows) % N_FOLDS)


def assert_no_leak(nested):
    """Whatever the labels in a fold, its weights and its predictions stay the same."""
    scores, y, fold_ids = case()
    rng = np.random.default_rng(100)
    before = nested(scores, y, fold_ids)
    for fold in range(N_FOLDS):
        inside = fold_ids == fold
        changed = y.copy()
        changed[inside] = rng.integers(0, N_CLASSES, inside.sum())
        after = nested(scores, changed, fold_ids)
        np.testing.assert_array_equal(after.weights[fold], before.weights[fold])
        np.testing.assert_array_equal(after.predictions[inside], before.predictions[inside])


def nested_with_a_leak(scores, y, fold_ids):
    weights = np.stack([search(fold_scores, y, Coordinate()).weights for fold_scores in scores])
    predictions = np.stack([predict_labels(s, w) for s, w in zip(scores, weights, strict=True)])
    predictions = predictions[fold_ids, np.arange(len(y))]
    return NestedScore(macro_f1(y, predictions, N_CLASSES), predictions, np.zeros(N_FOLDS), weights)


def test_a_fold_is_predicted_with_weights_that_never_saw_it(method):
    assert_no_leak(lambda scores, y, fold_ids: nested_score(scores, y, fold_ids, method))


def test_the_check_above_catches_a_planted_leak():
    with pytest.raises(AssertionError):
        assert_no_leak(nested_with_a_leak)


@pytest.mark.parametrize("shrinkage", [0.0, 0.4])
def test_each_fold_uses_its_own_scores_and_weights(shrinkage):
    scores, y, fold_ids = case()
    nested = nested_score(scores, y, fold_ids, Coordinate(), shrinkage=shrinkage)
    for fold in range(N_FOLDS):
        inside = fold_ids == fold
        weights = search(scores[fold][~inside], y[~inside], Coordinate(), shrinkage=shrinkage).weights
        np.testing.assert_array_equal(nested.weights[fold], weights)
        predictions = predict_labels(scores[fold][inside], weights)
        np.testing.assert_array_equal(nested.predictions[inside], predictions)
        assert nested.fold_scores[fold] == macro_f1(y[inside], predictions, N_CLASSES)
    assert nested.score == macro_f1(y, nested.predictions, N_CLASSES)


def test_without_weights_the_nested_score_is_the_plain_one():
    scores, y, fold_ids = case()
    nested = nested_score(scores[0], y, fold_ids, NoWeights())
    assert nested.score == macro_f1(y, scores[0].argmax(axis=1), N_CLASSES)
    np.testing.assert_array_equal(nested.weights, np.ones((N_FOLDS, N_CLASSES)))


def test_scores_that_nothing_tuned_may_be_given_once():
    scores, y, fold_ids = case()
    repeated = np.stack([scores[0]] * N_FOLDS)
    nested = [nested_score(given, y, fold_ids, Coordinate()).predictions for given in (scores[0], repeated)]
    twice = [nested_twice(given, y, fold_ids, Coordinate()) for given in (scores[0], repeated)]
    np.testing.assert_array_equal(*nested)
    np.testing.assert_array_equal(*twice)


class Counting(Coordinate):
    """Counts its fits."""

    fits = 0

    def fit(self, scores, y, seed):
        self.fits += 1
        return super().fit(scores, y, seed)


@pytest.mark.parametrize("tuned", [True, False])
def test_twice_nested_predictions_by_their_definition(tuned):
    scores, y, fold_ids = case()
    given = scores if tuned else scores[0]
    scores = scores if tuned else np.stack([scores[0]] * N_FOLDS)
    method = Counting()
    predictions = nested_twice(given, y, fold_ids, method, shrinkage=0.2)
    assert method.fits == (9 if tuned else 6), "without j and k is without k and j where nothing was tuned"
    for outer in range(N_FOLDS):
        for inner in range(N_FOLDS):
            inside, rows = fold_ids == inner, (fold_ids != inner) & (fold_ids != outer)
            weights = search(scores[outer][rows], y[rows], Coordinate(), shrinkage=0.2).weights
            np.testing.assert_array_equal(predictions[outer, inside], predict_labels(scores[outer][inside], weights))
    nested = nested_score(scores, y, fold_ids, Coordinate(), shrinkage=0.2)
    np.testing.assert_array_equal(predictions[fold_ids, np.arange(len(y))], nested.predictions)


def test_two_folds_cannot_both_be_left_out():
    scores, y, fold_ids = case()
    with pytest.raises(ValueError, match="2 folds; 3 or more"):
        nested_twice(scores[:2], y, fold_ids % 2, Coordinate())


def test_shapes_that_do_not_fit_are_named():
    scores, y, fold_ids = case()
    with pytest.raises(ValueError, match="nested_scores has shape"):
        nested_score(scores[:2], y, fold_ids, Coordinate())
    with pytest.raises(ValueError, match="nested_scores has shape"):
        nested_score(scores[0, 0], y, fold_ids, Coordinate())
    with pytest.raises(ValueError, match="fold_ids"):
        nested_score(scores, y[:-1], fold_ids, Coordinate())
    with pytest.raises(ValueError, match="softmax"):
        nested_score(scores - 1, y, fold_ids, Coordinate())
