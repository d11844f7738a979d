"""Exact coordinate ascent of class weights: each class in turn takes its best weight, until nothing gains."""

import numpy as np

from pipeline.class_weights.kernels import best_of_others
from pipeline.class_weights.line_search import GAIN, Rivals, best_weight
from pipeline.class_weights.objective import weighted_macro_f1
from pipeline.class_weights.starts import best_of, prior_family
from pipeline.metrics.arrays import FloatArray, IntArray

MAX_SWEEPS = 50


def coordinate(scores: FloatArray, y: IntArray, seed: int) -> tuple[FloatArray, int]:
    """Class weights [C] and the number of line searches; scores [N, C] >= 0, labels [N].

    Ascends from the best prior ** -tau (ones are tau = 0). Nothing is random: `seed` is there because every
    method takes one.
    """
    return ascend(scores, y, best_of(prior_family(scores, y), scores, y))


def ascend(scores: FloatArray, y: IntArray, start: FloatArray) -> tuple[FloatArray, int]:
    """The weights [C] that coordinate ascent reaches from `start` [C], and the number of line searches.

    Classes take their turn from the rarest to the most frequent (the lower index first, if equal), in
    sweeps over all classes, until a sweep gains nothing. Macro-F1 never falls.
    """
    by_class = np.ascontiguousarray(scores.T)
    actual = np.bincount(y, minlength=len(by_class))
    turns = np.argsort(actual, kind="stable")
    class_weights = start.astype(np.float64)
    reached, searches, gained = weighted_macro_f1(scores, y, class_weights), 0, True
    while gained and searches < MAX_SWEEPS * len(turns):
        before = reached
        reached = _sweep_classes(by_class, y, class_weights, turns, actual, reached)
        searches += len(turns)
        gained = reached > before + GAIN
    return class_weights, searches


def _sweep_classes(
    by_class: FloatArray,
    y: IntArray,
    class_weights: FloatArray,
    turns: IntArray,
    actual: IntArray,
    reached: float,
) -> float:
    """Give each class its best weight once, in `class_weights`; return the macro-F1 reached."""
    for label in turns:
        rivals = Rivals(*best_of_others(by_class, class_weights, label))
        weight, value = best_weight(by_class[label], rivals, y, int(label), actual, class_weights[label])
        if value > reached + GAIN:
            class_weights[label], reached = weight, value
    return reached
