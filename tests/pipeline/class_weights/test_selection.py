import numpy as np
import pytest

from pipeline import registry
from pipeline.class_weights import (
    BaggedCoordinate,
    CalibratedPrior,
    Coordinate,
    NelderMead,
    NoWeights,
    Prior,
    choose,
    complexity,
    nested_choice,
)
from pipeline.metrics import macro_f1, paired_bootstrap

N_CLASSES, N_FOLDS, N_ROWS = 3, 4, 400


def noisy(y, wrong, rng):
    """Predictions of which the share `wrong` is drawn at random."""
    return np.where(rng.random(len(y)) < wrong, rng.integers(0, N_CLASSES, len(y)), y)


def case(seed=0, wrongs=(0.3, 0.3, 0.3, 0.3)):
    """Twice nested predictions [P, K, N], labels, folds."""
    rng = np.random.default_rng(seed)
    y = rng.choice(N_CLASSES, N_ROWS, p=[0.6, 0.3, 0.1])
    predictions = np.stack([[noisy(y, wrong, rng) for _ in range(N_FOLDS)] for wrong in wrongs])
    return predictions, y, rng.permutation(np.arange(N_ROWS) % N_FOLDS)


def test_simpler_means_fewer_numbers_fitted_then_the_steadier_method():
    order = [
        complexity(NoWeights(), 35, 0),
        complexity(Prior(), 35, 0),
        complexity(NoWeights(), 35, 7),
        complexity(Prior(), 35, 6),
        complexity(Prior(), 35, 7),
        complexity(NoWeights(), 35, 35),
        complexity(CalibratedPrior(), 35, 0),
        complexity(BaggedCoordinate(), 35, 0),
        complexity(NelderMead(), 35, 0),
        complexity(Coordinate(), 35, 0),
        complexity(CalibratedPrior(), 35, 7),
    ]
    assert order == sorted(order)
    assert len(set(order)) == len(order)


def test_neither_the_registrys_order_nor_its_words_decide(monkeypatch):
    """Methods of other names in another order are as simple as they were."""

    def all_complexities():
        methods = [registry.make("class_weights", {"name": word}) for word in registry.words("class_weights")]
        return {(type(method), complexity(method, 35, 0)) for method in methods}

    before, places = all_complexities(), registry.FAMILIES["class_weights"]
    renamed = {f"other_{word}": place for word, place in reversed(places.items())}
    monkeypatch.setitem(registry.FAMILIES, "class_weights", renamed)
    assert all_complexities() == before


def test_the_best_and_the_simplest_within_one_standard_error():
    rng = np.random.default_rng(0)
    y = rng.integers(0, N_CLASSES, 2000)
    good, bad = noisy(y, 0.2, rng), noisy(y, 0.5, rng)
    near = good.copy()
    near[y != good] = good[y != good]
    flip = np.flatnonzero(good == y)[:3]
    near[flip] = (y[flip] + 1) % N_CLASSES  # three rows worse: far less than the noise of such a difference
    swapped = np.flatnonzero(good != y)[:2]
    near[swapped] = y[swapped]
    predictions = np.stack([bad, near, good])
    complexities = [(0, 0), (1, 0), (2, 0)]
    assert choose(predictions, y, N_CLASSES, complexities, "best") == 2
    assert choose(predictions, y, N_CLASSES, complexities, "one_standard_error") == 1
    assert choose(predictions[::-1], y, N_CLASSES, complexities[::-1], "one_standard_error") == 1
    assert choose(predictions, y, N_CLASSES, [(0, 0), (3, 0), (2, 0)], "one_standard_error") == 2
    gap = paired_bootstrap(y, good, near, N_CLASSES, 200, 0)
    assert 0 < gap.value <= gap.std


def test_of_equally_simple_pairs_the_better_and_then_the_first():
    predictions, y, _ = case(wrongs=(0.4, 0.1, 0.2))
    assert choose(predictions[:, 0], y, N_CLASSES, [(0, 0)] * 3, "one_standard_error") == 1
    same = predictions[[1, 1], 0]
    for by in ("best", "one_standard_error"):
        assert choose(same, y, N_CLASSES, [(0, 0)] * 2, by) == 0


def chosen_without(predictions, y, fold_ids, choice):
    """What each fold's choice and predictions are once the labels of that fold are others."""
    before = choice(predictions, y, fold_ids)
    rng = np.random.default_rng(1)
    for fold in range(N_FOLDS):
        inside = fold_ids == fold
        changed = y.copy()
        changed[inside] = rng.integers(0, N_CLASSES, inside.sum())
        after = choice(predictions, changed, fold_ids)
        assert after.chosen[fold] == before.chosen[fold]
        np.testing.assert_array_equal(after.predictions[inside], before.predictions[inside])


def honest(predictions, y, fold_ids):
    return nested_choice(predictions, y, fold_ids, N_CLASSES, [(0, 0)] * len(predictions), "best")


def with_a_leak(predictions, y, fold_ids):
    """Chooses on the very fold that it scores."""
    result = honest(predictions, y, fold_ids)
    for fold in range(N_FOLDS):
        inside = fold_ids == fold
        result.chosen[fold] = choose(predictions[:, fold, inside], y[inside], N_CLASSES, [(0, 0)] * 4, "best")
        result.predictions[inside] = predictions[result.chosen[fold], fold, inside]
    return result


def test_the_choice_for_a_fold_never_saw_it():
    chosen_without(*case(), honest)


def test_the_check_above_catches_a_planted_leak():
    with pytest.raises(AssertionError):
        chosen_without(*case(), with_a_leak)


def test_choosing_among_equals_is_worth_what_one_of_them_is():
    """Forty pairs of pure luck: the best looks better than it is, the choice scored nested does not."""
    flattered, honest_scores, truth = [], [], []
    for seed in range(8):
        predictions, y, fold_ids = case(seed, wrongs=(0.5,) * 40)
        predictions = np.repeat(predictions[:, :1], N_FOLDS, axis=1)
        scores = [macro_f1(y, row, N_CLASSES) for row in predictions[:, 0]]
        flattered.append(max(scores))
        truth.append(np.mean(scores))
        honest_scores.append(honest(predictions, y, fold_ids).score)
    assert np.mean(flattered) > np.mean(truth) + 0.03
    assert abs(np.mean(honest_scores) - np.mean(truth)) < 0.02


def test_a_wrong_shape_is_named():
    predictions, y, fold_ids = case()
    with pytest.raises(ValueError, match=r"predictions has shape \(4, 3, 400\); \[4, 4, 400\] is needed"):
        nested_choice(predictions[:, :3], y, fold_ids, N_CLASSES, [(0, 0)] * 4, "best")
