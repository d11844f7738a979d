"""Search class weights with a method, and draw them back toward ones."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.class_weights.method import Fit, Method, tunes
from pipeline.class_weights.objective import check_scores, normalise, weighted_macro_f1
from pipeline.class_weights.shrinkage import choose_shrinkage, shrink
from pipeline.metrics.arrays import FloatArray, IntArray

Shrinkage = float | Literal["auto"]


@dataclass(frozen=True, eq=False)
class SearchResult:
    """Class weights, and the score that they reach on the rows that they were searched on."""

    weights: FloatArray  # [C], > 0, geometric mean 1
    score: float  # macro-F1 of argmax(weights * probs): tuned, so flattered; see `nested_score`
    evaluations: int  # see `Fit`
    shrinkage: float  # as given, or as chosen


def search(probs: FloatArray, y: IntArray, method: Method, seed: int = 0, shrinkage: Shrinkage = 0.0) -> SearchResult:
    """Search weights [C] that raise macro-F1 of argmax(weights * probs) on probs [N, C] with labels y [N].

    `probs` may be any scores >= 0 whose largest wins: rows need not sum to one, so a vote's counts will do. `shrinkage`
    in [0, 1] pulls the result toward ones, after the search: weights ** (1 - shrinkage); `auto` chooses it by
    cross-validation inside these rows, 0 for a method that tunes nothing. Without shrinkage the score is never below
    that of ones. A class that does not occur in y has an F1 of 0 whatever its weight (see `macro_f1`).

    Raises ValueError for wrong scores, labels or shrinkage.
    """
    scores, y = check_scores(probs, y)
    if shrinkage != "auto" and not (isinstance(shrinkage, (int, float)) and 0 <= shrinkage <= 1):
        raise ValueError(f"shrinkage is {shrinkage!r}; 0 (none) to 1 (all weights 1), or 'auto', is allowed")

    def fit(some_scores: FloatArray, labels: IntArray) -> Fit:
        found, evaluations = method.fit(some_scores, labels, seed)
        found = normalise(found)
        if weighted_macro_f1(some_scores, labels, found) < weighted_macro_f1(some_scores, labels, np.ones(len(found))):
            found = np.ones(len(found))  # rounding, or a mean over bags, can fall below
        return Fit(found, evaluations)

    found = fit(scores, y)
    if shrinkage == "auto":
        shrinkage = choose_shrinkage(scores, y, lambda *rows: fit(*rows).weights, seed) if tunes(method) else 0.0
    weights = shrink(found.weights, shrinkage)
    return SearchResult(weights, weighted_macro_f1(scores, y, weights), found.evaluations, shrinkage)
