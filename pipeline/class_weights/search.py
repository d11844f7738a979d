"""Search class weights by name of the method."""

from dataclasses import dataclass

import numpy as np

from pipeline import registry
from pipeline.class_weights.objective import check_scores, normalise, weighted_macro_f1
from pipeline.metrics.arrays import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class SearchResult:
    """Class weights, and what they reach on the rows that they were searched on."""

    weights: FloatArray  # [C], > 0, geometric mean 1
    score: float  # macro-F1 of argmax(weights * scores): tuned, so flattered; see `nested_score`
    evaluations: int  # of macro-F1; for coordinate ascent, line searches over one class


def search(
    scores: FloatArray, y: IntArray, method: str = "coordinate", seed: int = 0, shrinkage: float = 0.0
) -> SearchResult:
    """Weights [C] that raise macro-F1 of argmax(weights * scores) on scores [N, C] >= 0 with labels y [N].

    `method` is `nelder_mead`, `coordinate` or `none`. `shrinkage` in [0, 1] pulls the result toward ones,
    after the search: weights ** (1 - shrinkage). Without shrinkage the score is never below that of ones.
    A class that does not occur in y has an F1 of 0 whatever its weight (see `macro_f1`).

    Raises ValueError for an unknown method or wrong scores, labels or shrinkage.
    """
    scores, y = check_scores(scores, y)
    methods = registry.words("class_weights")
    if method not in methods:
        raise ValueError(f"method is {method!r}; one of {', '.join(methods)} is allowed")
    if not 0 <= shrinkage <= 1:
        raise ValueError(f"shrinkage is {shrinkage}; 0 (none) to 1 (all weights 1) is allowed")
    found, evaluations = registry.load("class_weights", method)(scores, y, seed)
    found = normalise(found)
    if weighted_macro_f1(scores, y, found) < weighted_macro_f1(scores, y, np.ones(len(found))):
        found = np.ones(len(found))  # rounding in the search or in `normalise` can undo a tiny gain
    weights = normalise(found ** (1 - shrinkage))
    return SearchResult(weights, weighted_macro_f1(scores, y, weights), evaluations)
