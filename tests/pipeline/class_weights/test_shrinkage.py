import numpy as np
import pytest

from pipeline.class_weights import Coordinate, NoWeights, nested_score, predict_labels, search
from pipeline.class_weights.shrinkage import CHOICES, choose_shrinkage, shrink, stratified_folds
from pipeline.metrics import macro_f1


def noise(seed, n_rows=300):
    """Scores without any bias: every weight but ones is a mistake."""
    rng = np.random.default_rng(seed)
    y = rng.choice(4, n_rows, p=[0.4, 0.3, 0.2, 0.1])
    return rng.dirichlet(np.ones(4), n_rows) + np.eye(4)[y] * 0.3, y


def test_the_choice_is_that_of_a_loop_over_folds_and_factors():
    scores, y = noise(0)
    fold_ids = stratified_folds(y, 3, seed=5)

    def find(some, labels):
        return search(some, labels, Coordinate()).weights

    best = (-1.0, -1.0)
    for shrinkage in CHOICES:
        y_pred = np.empty(len(y), dtype=int)
        for fold in range(3):
            weights = find(scores[fold_ids != fold], y[fold_ids != fold]) ** (1 - shrinkage)
            y_pred[fold_ids == fold] = predict_labels(scores[fold_ids == fold], weights)
        best = max(best, (macro_f1(y, y_pred, 4), shrinkage))
    assert choose_shrinkage(scores, y, find, seed=5) == best[1]
    result = search(scores, y, Coordinate(), seed=5, shrinkage="auto")
    assert result.shrinkage == best[1]
    np.testing.assert_allclose(result.weights, shrink(find(scores, y), best[1]))


def test_weights_that_are_worthless_are_drawn_back_and_good_ones_are_kept():
    scores, y = noise(1, n_rows=4000)
    worthless = choose_shrinkage(scores, y, lambda s, labels: np.array([5, 0.2, 5, 0.2]), seed=0)
    assert worthless >= 0.7
    biased = scores * [8, 4, 2, 1]
    assert choose_shrinkage(biased, y, lambda s, labels: np.array([1 / 8, 1 / 4, 1 / 2, 1]), seed=0) < 0.5


def test_the_choice_never_sees_the_fold_that_is_scored():
    scores, y = noise(2)
    fold_ids = np.arange(len(y)) % 3
    before = nested_score(scores, y, fold_ids, Coordinate(), shrinkage="auto")
    changed = np.where(fold_ids == 1, (y + 1) % 4, y)
    after = nested_score(scores, changed, fold_ids, Coordinate(), shrinkage="auto")
    np.testing.assert_array_equal(after.weights[1], before.weights[1])
    assert not np.array_equal(after.weights[0], before.weights[0])


def test_folds_hold_every_class_in_equal_numbers():
    y = np.repeat([0, 1, 2], [30, 9, 2])
    fold_ids = stratified_folds(y, 3, seed=0)
    for label in range(3):
        counts = np.bincount(fold_ids[y == label], minlength=3)
        assert counts.max() - counts.min() <= 1


def test_one_row_and_no_search_leave_weights_alone():
    assert search(np.array([[0.2, 0.8]]), np.array([0]), Coordinate(), shrinkage="auto").shrinkage == 0
    scores, y = noise(3)
    assert search(scores, y, NoWeights(), shrinkage="auto").shrinkage == 0
    with pytest.raises(ValueError, match="shrinkage is 'some'"):
        search(scores, y, Coordinate(), shrinkage="some")
