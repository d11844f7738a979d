"""The honest score of searched class weights: each fold is predicted with weights that never saw it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.class_weights.objective import check_scores, predict_labels
from pipeline.class_weights.search import Shrinkage, search
from pipeline.metrics import fold_macro_f1, macro_f1
from pipeline.metrics.arrays import FloatArray, IntArray, check_fold_ids


@dataclass(frozen=True, eq=False)
class NestedScore:
    """What class weights are worth on rows that they were not searched on. N rows, C classes, K folds."""

    score: float  # macro-F1 of all predictions together
    predictions: IntArray  # [N]
    fold_scores: FloatArray  # [K], macro-F1 of each fold's rows
    weights: FloatArray  # [K, C], searched without fold k


def nested_score(
    nested_scores: FloatArray,
    y: IntArray,
    fold_ids: IntArray,
    method: str = "coordinate",
    seed: int = 0,
    shrinkage: Shrinkage = 0.0,
    **arguments: Any,
) -> NestedScore:
    """Search weights outside each fold and predict the fold with them.

    `nested_scores` [K, N, C] are the fused scores that were tuned without fold k, as `fuse_nested` gives
    them, or [N, C] where nothing was tuned; y [N]; `fold_ids` [N] in 0 .. K-1. The other arguments are those of
    `search`. Raises ValueError if shapes differ.
    """
    y, fold_ids = np.asarray(y), np.asarray(fold_ids)
    nested_scores, n_folds = check_nested(nested_scores, y, fold_ids)
    n_classes = nested_scores.shape[2]
    predictions = np.empty(len(y), dtype=np.int64)
    weights = np.empty((n_folds, n_classes))
    for fold, scores in enumerate(nested_scores):
        inside = fold_ids == fold
        checked, _ = check_scores(scores, y)
        weights[fold] = search(checked[~inside], y[~inside], method, seed, shrinkage, **arguments).weights
        predictions[inside] = predict_labels(checked[inside], weights[fold])
    fold_scores = fold_macro_f1(y, predictions, fold_ids, n_classes)
    return NestedScore(macro_f1(y, predictions, n_classes), predictions, fold_scores, weights)


def nested_twice(
    nested_scores: FloatArray,
    y: IntArray,
    fold_ids: IntArray,
    method: str = "coordinate",
    seed: int = 0,
    shrinkage: Shrinkage = 0.0,
    **arguments: Any,
) -> IntArray:
    """Predictions [K, N] whose entry k never saw fold k, for choosing between methods without fold k.

    Entry k predicts the rows of fold k with weights searched without it, as `nested_score` does, and those of every
    other fold j with weights searched without folds k and j. A choice made on the rows outside fold k of several such
    arrays can be scored on fold k. The arguments are those of `nested_score`; three folds or more are needed.
    """
    y, fold_ids = np.asarray(y), np.asarray(fold_ids)
    nested_scores, n_folds = check_nested(nested_scores, y, fold_ids)
    if n_folds < 3:
        raise ValueError(f"fold_ids has {n_folds} folds; 3 or more are needed, to leave out two")
    same = nested_scores.strides[0] == 0  # one array for every fold: without k and j is without j and k
    found: dict[tuple[int, int], FloatArray] = {}
    predictions = np.empty((n_folds, len(y)), dtype=np.int32)
    for outer, scores in enumerate(nested_scores):
        checked, _ = check_scores(scores, y)
        for inner in range(n_folds):
            key = (min(outer, inner), max(outer, inner)) if same else (outer, inner)
            if key not in found:
                rows = (fold_ids != outer) & (fold_ids != inner)
                found[key] = search(checked[rows], y[rows], method, seed, shrinkage, **arguments).weights
            inside = fold_ids == inner
            predictions[outer, inside] = predict_labels(checked[inside], found[key])
    return predictions


def check_nested(nested_scores: FloatArray, y: IntArray, fold_ids: IntArray) -> tuple[FloatArray, int]:
    """The scores as [K, N, C], and K; ValueError if shapes differ."""
    n_folds = check_fold_ids(fold_ids, len(y))
    nested_scores = np.asarray(nested_scores)
    if nested_scores.ndim == 2:
        nested_scores = np.broadcast_to(nested_scores, (n_folds, *nested_scores.shape))
    if nested_scores.ndim != 3 or nested_scores.shape[:2] != (n_folds, len(y)):
        raise ValueError(f"nested_scores has shape {nested_scores.shape}; [{n_folds}, {len(y)}, classes] is needed")
    return nested_scores, n_folds
