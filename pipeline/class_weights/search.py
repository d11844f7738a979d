"""Search class weights by name of the method."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pipeline import registry
from pipeline.class_weights.objective import check_scores, normalise, weighted_macro_f1
from pipeline.class_weights.shrinkage import choose_shrinkage, shrink
from pipeline.metrics.arrays import FloatArray, IntArray

Shrinkage = float | Literal["auto"]


@dataclass(frozen=True, eq=False)
class SearchResult:
    """Class weights, and what they reach on the rows that they were searched on."""

    weights: FloatArray  # [C], > 0, geometric mean 1
    score: float  # macro-F1 of argmax(weights * probs): tuned, so flattered; see `nested_score`
    evaluations: int  # of macro-F1; for coordinate ascent, line searches over one class
    shrinkage: float  # as given, or as chosen


def search(
    probs: FloatArray,
    y: IntArray,
    method: str = "coordinate",
    seed: int = 0,
    shrinkage: Shrinkage = 0.0,
    **arguments: Any,
) -> SearchResult:
    """Weights [C] that raise macro-F1 of argmax(weights * probs) on probs [N, C] with labels y [N].

    `probs` may be any scores >= 0 whose largest wins: rows need not sum to one, so a vote's counts will do. `method` is
    `none`, `prior`, `calibrated_prior`, `bagged_coordinate`, `nelder_mead` or `coordinate`; `arguments` are its own, as
    under `defaults.class_weights` in params. `shrinkage` in [0, 1] pulls the result toward ones, after the search:
    weights ** (1 - shrinkage); `auto` chooses it by cross-validation inside these rows. Without shrinkage the score is
    never below that of ones. A class that does not occur in y has an F1 of 0 whatever its weight (see `macro_f1`).

    Raises ValueError for an unknown method or wrong scores, labels or shrinkage.
    """
    scores, y = check_scores(probs, y)
    methods = registry.words("class_weights")
    if method not in methods:
        raise ValueError(f"method is {method!r}; one of {', '.join(methods)} is allowed")
    if shrinkage != "auto" and not (isinstance(shrinkage, (int, float)) and 0 <= shrinkage <= 1):
        raise ValueError(f"shrinkage is {shrinkage!r}; 0 (none) to 1 (all weights 1), or 'auto', is allowed")
    find = registry.load("class_weights", method)

    def weights_of(some_scores: FloatArray, labels: IntArray) -> tuple[FloatArray, int]:
        found, evaluations = find(some_scores, labels, seed, **arguments)
        found = normalise(found)
        if weighted_macro_f1(some_scores, labels, found) < weighted_macro_f1(some_scores, labels, np.ones(len(found))):
            found = np.ones(len(found))  # rounding, or a mean over bags, can fall below
        return found, evaluations

    found, evaluations = weights_of(scores, y)
    if shrinkage == "auto":
        shrinkage = 0.0 if method == "none" else choose_shrinkage(scores, y, lambda *rows: weights_of(*rows)[0], seed)
    weights = shrink(found, shrinkage)
    return SearchResult(weights, weighted_macro_f1(scores, y, weights), evaluations, shrinkage)
