"""The honest score of searched class weights: each fold is predicted with weights that never saw it."""

from dataclasses import dataclass

import numpy as np

from pipeline.class_weights.objective import check_scores, predict_labels
from pipeline.class_weights.search import search
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
    shrinkage: float = 0.0,
) -> NestedScore:
    """Search weights outside each fold and predict the fold with them.

    `nested_scores` [K, N, C] are the fused scores that were tuned without fold k, as `fuse_nested` gives
    them; y [N]; `fold_ids` [N] in 0 .. K-1. The other arguments are those of `search`. Raises ValueError
    if shapes differ.
    """
    n_folds = check_fold_ids(fold_ids, len(y))
    if nested_scores.ndim != 3 or nested_scores.shape[:2] != (n_folds, len(y)):
        raise ValueError(f"nested_scores has shape {nested_scores.shape}; [{n_folds}, {len(y)}, classes] is needed")
    n_classes = nested_scores.shape[2]
    predictions = np.empty(len(y), dtype=np.int64)
    weights = np.empty((n_folds, n_classes))
    for fold, scores in enumerate(nested_scores):
        inside = fold_ids == fold
        checked, _ = check_scores(scores, y)
        weights[fold] = search(checked[~inside], y[~inside], method, seed, shrinkage).weights
        predictions[inside] = predict_labels(checked[inside], weights[fold])
    fold_scores = fold_macro_f1(y, predictions, fold_ids, n_classes)
    return NestedScore(macro_f1(y, predictions, n_classes), predictions, fold_scores, weights)
