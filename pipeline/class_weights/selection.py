"""The choice between pairs of a fused candidate and class weights, and the honest score of that choice.

Of the pairs whose nested macro-F1 lies within one standard error of the best, the simplest is taken (Breiman et al.
1984, "Classification and Regression Trees", section 3.4.3). The error is that of the paired difference to the best, by
bootstrap of the rows: pairs share most of their noise, so it is much smaller than that of one score.

Shapes: P pairs, N rows, K folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.class_weights.method import Method
from pipeline.metrics import macro_f1, paired_bootstrap
from pipeline.metrics.arrays import IntArray

Choice = Literal["one_standard_error", "best"]
N_SAMPLES = 200  # for a standard error, which needs fewer than an interval
Complexity = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Selection:
    """The worth of the choice between pairs on rows that the choice was not made on."""

    score: float  # macro-F1 of all predictions together
    predictions: IntArray  # [N], fold k by the pair that was chosen without fold k
    chosen: list[int]  # [K], the pair


def complexity(method: Method, n_classes: int, n_fused: int) -> Complexity:
    """Return how much a pair fits to the labels; the smaller the simpler.

    First comes the count of fitted numbers: `n_fused` by the fusion (0 for a member or a fixed rule), and the numbers
    of the class weights. Then comes the method's rank.
    """
    return n_fused + method.n_fitted(n_classes), method.rank


def choose(
    predictions: IntArray, y: IntArray, n_classes: int, complexities: Sequence[Complexity], by: Choice, seed: int = 0
) -> int:
    """Return the index of the pair to submit, from nested `predictions` [P, N] and labels y [N].

    `by`: `best` takes the highest nested macro-F1, the first of equals; `one_standard_error` the simplest pair that is
    within one standard error of it, and of equally simple ones the highest.
    """
    scores = np.array([macro_f1(y, row, n_classes) for row in predictions])
    best = int(scores.argmax())
    if by == "best":
        return best
    simplest_first = sorted(range(len(scores)), key=lambda pair: (complexities[pair], -scores[pair], pair))
    for pair in simplest_first[: simplest_first.index(best)]:
        gap = paired_bootstrap(y, predictions[best], predictions[pair], n_classes, N_SAMPLES, seed)
        if gap.value <= gap.std:
            return pair
    return best


def nested_choice(
    predictions: IntArray,
    y: IntArray,
    fold_ids: IntArray,
    n_classes: int,
    complexities: Sequence[Complexity],
    by: Choice,
    seed: int = 0,
) -> Selection:
    """Choose a pair outside each fold and predict the fold with that pair.

    `predictions` [P, K, N] are those of `nested_twice` for each pair. Raises ValueError for another shape.
    """
    n_folds = int(fold_ids.max()) + 1
    if predictions.shape[1:] != (n_folds, len(y)) or len(predictions) != len(complexities):
        wanted = f"[{len(complexities)}, {n_folds}, {len(y)}]"
        raise ValueError(f"predictions has shape {predictions.shape}; {wanted} is needed")
    chosen, result = [], np.empty(len(y), dtype=np.int64)
    for fold in range(n_folds):
        inside = fold_ids == fold
        outside = predictions[:, fold, ~inside]
        chosen.append(choose(outside, y[~inside], n_classes, complexities, by, seed))
        result[inside] = predictions[chosen[-1], fold, inside]
    return Selection(macro_f1(y, result, n_classes), result, chosen)
