"""Shrinkage: how far class weights are drawn back toward ones."""

from collections.abc import Callable

import numpy as np

from pipeline.class_weights.objective import normalise, predict_labels
from pipeline.metrics import macro_f1
from pipeline.metrics.arrays import FloatArray, IntArray

CHOICES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
N_FOLDS = 3


def shrink(class_weights: FloatArray, shrinkage: float) -> FloatArray:
    """Draw weights toward ones: weights ** (1 - shrinkage) [C], geometric mean 1."""
    return normalise(class_weights ** (1 - shrinkage))


def choose_shrinkage(
    scores: FloatArray, y: IntArray, search: Callable[[FloatArray, IntArray], FloatArray], seed: int
) -> float:
    """Choose the shrinkage of `CHOICES` with the best macro-F1 on folds that weights were not searched on.

    Scores [N, C], labels y [N]; `search` gives weights [C] for some of the rows. Three folds, stratified, from `seed`.
    Of equals the largest is chosen.
    """
    fold_ids = stratified_folds(y, min(N_FOLDS, len(y)), seed)
    predictions = np.empty((len(CHOICES), len(y)), dtype=np.int64)
    for fold in np.unique(fold_ids):
        inside = fold_ids == fold
        if inside.all():
            return 0.0  # one row: nothing to validate on
        found = search(scores[~inside], y[~inside])
        for row, shrinkage in zip(predictions, CHOICES, strict=True):
            row[inside] = predict_labels(scores[inside], shrink(found, shrinkage))
    reached = [macro_f1(y, row, scores.shape[1]) for row in predictions]
    return max(zip(reached, CHOICES, strict=True))[1]


def stratified_folds(y: IntArray, n_folds: int, seed: int) -> IntArray:
    """Deal each class's shuffled rows out to folds [N] in turn; the next class goes on where the last one ended."""
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(y)), y))
    fold_ids = np.empty(len(y), dtype=np.int64)
    fold_ids[order] = np.arange(len(y)) % n_folds
    return fold_ids
