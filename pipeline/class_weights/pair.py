"""One pair of a fused candidate and a method of class weights: its weights, and its honest predictions."""

from typing import NamedTuple

import numpy as np

from pipeline.class_weights.method import Method
from pipeline.class_weights.nested import nested_score, nested_twice
from pipeline.class_weights.objective import predict_labels
from pipeline.class_weights.search import SearchResult, Shrinkage, search
from pipeline.metrics.arrays import FloatArray, IntArray


class SearchedPair(NamedTuple):
    """The result of one pair: its weights and predictions. N training rows, n test rows, K folds."""

    found: SearchResult  # on all training rows
    nested: IntArray  # [N], predictions with weights searched without the row's fold
    without_two: IntArray | None  # [K, N], predictions of `nested_twice`, which needs three folds
    test: IntArray  # [n], predictions with the weights found


def search_pair(
    oof: FloatArray,
    nested: FloatArray,
    test: FloatArray,
    y: IntArray,
    fold_ids: IntArray,
    method: Method,
    seed: int = 0,
    shrinkage: Shrinkage = 0.0,
) -> SearchedPair:
    """Search weights for a candidate's scores `oof` [N, C], `nested` and `test` [n, C], labels y [N].

    `nested` are the scores that `nested_score` takes: [K, N, C], or [N, C] where nothing was tuned. Raises ValueError
    as `search` and `nested_score` do.
    """
    without_two = nested_twice(nested, y, fold_ids, method, seed, shrinkage) if np.max(fold_ids) > 1 else None
    if without_two is None:
        predictions = nested_score(nested, y, fold_ids, method, seed, shrinkage).predictions
    else:
        predictions = without_two[fold_ids, np.arange(len(y))]
    found = search(oof, y, method, seed, shrinkage)
    return SearchedPair(found, predictions, without_two, predict_labels(test, found.weights))
