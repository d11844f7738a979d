"""The honest score of searched class weights: each fold is predicted with weights that never saw that fold."""

from dataclasses import dataclass

import numpy as np

from pipeline.class_weights.method import Method
from pipeline.class_weights.objective import check_scores, predict_labels
from pipeline.class_weights.search import Shrinkage, search
from pipeline.metrics import fold_macro_f1, macro_f1
from pipeline.metrics.arrays import FloatArray, IntArray, check_fold_ids


@dataclass(frozen=True, eq=False)
class NestedScore:
    """The worth of class weights on rows that they were not searched on. N rows, C classes, K folds."""

    score: float  # macro-F1 of all predictions together
    predictions: IntArray  # [N]
    fold_scores: FloatArray  # [K], macro-F1 of each fold's rows
    weights: FloatArray  # [K, C], searched without fold k


def nested_score(
    nested_scores: FloatArray,
    y: IntArray,
    fold_ids: IntArray,
    method: Method,
    seed: int = 0,
    shrinkage: Shrinkage = 0.0,
) -> NestedScore:
    """Search weights outside each fold and predict the fold with them.

    `nested_scores` [K, N, C] are the fused scores that were tuned without fold k, as `fuse_nested` gives
    them, or [N, C] where nothing was tuned; y [N]; `fold_ids` [N] in 0 .. K-1. The other arguments are those of
    `search`. Raises ValueError if shapes differ.
    """
    y, fold_ids = np.asarray(y), np.asarray(fold_ids)
    of_folds, _ = scores_of_folds(nested_scores, y, fold_ids)
    n_folds, _, n_classes = of_folds.shape
    predictions = np.empty(len(y), dtype=np.int64)
    weights = np.empty((n_folds, n_classes))
    for fold, scores in enumerate(of_folds):
        inside = fold_ids == fold
        checked, _ = check_scores(scores, y)
        weights[fold] = search(checked[~inside], y[~inside], method, seed, shrinkage).weights
        predictions[inside] = predict_labels(checked[inside], weights[fold])
    fold_scores = fold_macro_f1(y, predictions, fold_ids, n_classes)
    return NestedScore(macro_f1(y, predictions, n_classes), predictions, fold_scores, weights)


def nested_twice(
    nested_scores: FloatArray,
    y: IntArray,
    fold_ids: IntArray,
    method: Method,
    seed: int = 0,
    shrinkage: Shrinkage = 0.0,
) -> IntArray:
    """Predict [K, N], where entry k never saw fold k, for choosing between methods without fold k.

    Entry k predicts the rows of fold k with weights searched without it, as `nested_score` does, and those of every
    other fold j with weights searched without folds k and j. A choice made on the rows outside fold k of several such
    arrays can be scored on fold k. The arguments are those of `nested_score`; three folds or more are needed.
    """
    y, fold_ids = np.asarray(y), np.asarray(fold_ids)
    of_folds, tuned = scores_of_folds(nested_scores, y, fold_ids)
    n_folds = len(of_folds)
    if n_folds < 3:
        raise ValueError(f"fold_ids has {n_folds} folds; 3 or more are needed, to leave out two")
    found: dict[tuple[int, int], FloatArray] = {}
    predictions = np.empty((n_folds, len(y)), dtype=np.int32)
    for outer, scores in enumerate(of_folds):
        checked, _ = check_scores(scores, y)
        for inner in range(n_folds):
            # Where nothing was tuned, what is found without k and j is what is found without j and k.
            key = (outer, inner) if tuned else (min(outer, inner), max(outer, inner))
            if key not in found:
                rows = (fold_ids != outer) & (fold_ids != inner)
                found[key] = search(checked[rows], y[rows], method, seed, shrinkage).weights
            inside = fold_ids == inner
            predictions[outer, inside] = predict_labels(checked[inside], found[key])
    return predictions


def scores_of_folds(nested_scores: FloatArray, y: IntArray, fold_ids: IntArray) -> tuple[FloatArray, bool]:
    """Return the scores of every fold [K, N, C], and whether they were tuned for each; ValueError if shapes differ."""
    n_folds = check_fold_ids(fold_ids, len(y))
    given = np.asarray(nested_scores)
    tuned = given.ndim != 2
    of_folds = given if tuned else np.broadcast_to(given, (n_folds, *given.shape))
    if of_folds.ndim != 3 or of_folds.shape[:2] != (n_folds, len(y)):
        raise ValueError(f"nested_scores has shape {of_folds.shape}; [{n_folds}, {len(y)}, classes] is needed")
    return of_folds, tuned
