"""The figure that class weights are searched for: macro-F1 of argmax(class_weights * scores).

Shapes: N rows, C classes.
"""

from collections.abc import Callable

import numpy as np

from pipeline.metrics import f1_from_counts, macro_f1
from pipeline.metrics.arrays import FloatArray, IntArray, check_labels


def check_scores(scores: FloatArray, y: IntArray) -> tuple[FloatArray, IntArray]:
    """Return scores [N, C] as float64 and labels [N]; ValueError unless finite, >= 0 and of one length."""
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim != 2 or scores.shape[0] == 0 or scores.shape[1] < 2:
        raise ValueError(f"scores has shape {scores.shape}; [rows, classes] with 2 or more classes is needed")
    if not np.isfinite(scores).all() or scores.min() < 0:
        raise ValueError("scores must be finite and at least 0; pass logits through `pipeline.fusion.softmax` first")
    y = check_labels(y, scores.shape[1], "y")
    if len(y) != len(scores):
        raise ValueError(f"y has {len(y)} rows and scores {len(scores)}; they must be equal")
    return scores, y


def predict_labels(scores: FloatArray, class_weights: FloatArray) -> IntArray:
    """argmax(class_weights * scores) [N]; the lowest index where several classes are equal."""
    labels: IntArray = np.argmax(scores * class_weights, axis=1)
    return labels


def weighted_macro_f1(scores: FloatArray, y: IntArray, class_weights: FloatArray) -> float:
    """Macro-F1 of `predict_labels(scores, class_weights)` against `y`."""
    return macro_f1(y, predict_labels(scores, class_weights), scores.shape[1])


def normalise(class_weights: FloatArray) -> FloatArray:
    """The same weights with a geometric mean of 1: a common factor changes no prediction."""
    logs = np.log(class_weights)
    scaled: FloatArray = np.exp(logs - logs.mean())
    return scaled


def fast_objective(scores: FloatArray, y: IntArray) -> Callable[[FloatArray], float]:
    """`weighted_macro_f1` as a function of the weights [C], for thousands of calls on the same rows.

    Works in float32 with one class a line, so that each step runs along the rows; a row whose two largest
    weighted scores agree to seven digits may go to the other class.
    """
    n_rows, n_classes = scores.shape
    tops = scores.max(axis=1, keepdims=True)
    by_class = np.ascontiguousarray((scores / np.where(tops > 0, tops, 1)).T, dtype=np.float32)
    actual = np.bincount(y, minlength=n_classes)
    rows = np.arange(n_rows)
    of_label = by_class[y, rows]
    weighted, is_top = np.empty_like(by_class), np.empty(by_class.shape, dtype=bool)
    top = np.empty(n_rows, dtype=np.float32)

    def objective(class_weights: FloatArray) -> float:
        factors = (class_weights / class_weights.max()).astype(np.float32)
        np.multiply(by_class, factors[:, None], out=weighted)
        np.maximum.reduce(weighted, axis=0, out=top)
        np.equal(weighted, top, out=is_top)
        predicted = np.array([np.count_nonzero(line) for line in is_top])
        hit = factors[y] * of_label == top
        if predicted.sum() > n_rows:  # two classes are equal in some row: the first one has it
            y_pred = is_top.argmax(axis=0)
            predicted, hit = np.bincount(y_pred, minlength=n_classes), y_pred == y
        hits = np.bincount(y[hit], minlength=n_classes)
        return float(f1_from_counts(hits, predicted, actual).mean())

    return objective
