"""Exact coordinate ascent of class weights: each class in turn takes its best weight, until nothing gains."""

import numpy as np

from pipeline.class_weights.line_search import GAIN, Rivals, best_weight
from pipeline.class_weights.objective import weighted_macro_f1
from pipeline.class_weights.starts import best_start
from pipeline.metrics.arrays import FloatArray, IntArray

MAX_SWEEPS = 50


def coordinate(scores: FloatArray, y: IntArray, seed: int) -> tuple[FloatArray, int]:
    """Class weights [C] and the number of line searches; scores [N, C] >= 0, labels [N].

    Ascends from the better of ones and prior ** -tau. Nothing is random: `seed` is there because every
    method takes one.
    """
    return ascend(scores, y, best_start(scores, y))


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
    """Give each class its best weight once, in `class_weights`; return the macro-F1 reached.

    The best of the other classes is the better of the best among those that had their turn (kept up to
    date) and among those that have not (prepared from the end), so a turn costs no pass over all classes.
    """
    waiting = _best_of_waiting(by_class, class_weights, turns)
    done: Rivals | None = None
    for label, rest in zip(turns, waiting, strict=True):
        rivals = _better(done, rest)
        assert rivals is not None  # there are two classes or more
        weight, value = best_weight(by_class[label], rivals, y, int(label), actual, class_weights[label])
        if value > reached + GAIN:
            class_weights[label], reached = weight, value
        done = _better(done, _as_rivals(by_class, class_weights, label))
    return reached


def _best_of_waiting(by_class: FloatArray, class_weights: FloatArray, turns: IntArray) -> list[Rivals | None]:
    """For each turn, the best weighted score among the classes whose turn is later; None for the last."""
    best: Rivals | None = None
    waiting = []
    for label in turns[::-1]:
        waiting.append(best)
        best = _better(best, _as_rivals(by_class, class_weights, label))
    return waiting[::-1]


def _as_rivals(by_class: FloatArray, class_weights: FloatArray, label: int) -> Rivals:
    return Rivals(by_class[label] * class_weights[label], np.full(by_class.shape[1], label))


def _better(a: Rivals | None, b: Rivals | None) -> Rivals | None:
    """Row by row the larger value with its class; the lower class if equal."""
    if a is None or b is None:
        return a if b is None else b
    take_b = (b.value > a.value) | ((b.value == a.value) & (b.label < a.label))
    return Rivals(np.where(take_b, b.value, a.value), np.where(take_b, b.label, a.label))
