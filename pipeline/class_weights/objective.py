"""The objective of a search for class weights: macro-F1 of argmax(class_weights * scores).

Shapes: N rows, C classes.
"""

from collections.abc import Callable

import numpy as np

from pipeline.class_weights.kernels import LANES, macro_f1_of_weightings
from pipeline.metrics import macro_f1
from pipeline.metrics.arrays import FloatArray, IntArray, check_labels


def check_scores(scores: FloatArray, y: IntArray) -> tuple[FloatArray, IntArray]:
    """Return scores [N, C] as float64 and labels [N].

    Raises ValueError unless scores are finite and >= 0, and both are of one length.
    """
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
    """Predict argmax(class_weights * scores) [N]; the lowest index where several classes are equal."""
    labels: IntArray = np.argmax(scores * class_weights, axis=1)
    return labels


def weighted_macro_f1(scores: FloatArray, y: IntArray, class_weights: FloatArray) -> float:
    """Compute macro-F1 of `predict_labels(scores, class_weights)` against `y`."""
    return macro_f1(y, predict_labels(scores, class_weights), scores.shape[1])


def normalise(class_weights: FloatArray) -> FloatArray:
    """Scale weights to a geometric mean of 1: a common factor changes no prediction."""
    logs = np.log(class_weights)
    scaled: FloatArray = np.exp(logs - logs.mean())
    return scaled


def batched_objective(scores: FloatArray, y: IntArray) -> Callable[[FloatArray], FloatArray]:
    """Make a function of B weightings [B, C] that computes `weighted_macro_f1` [B], for thousands of calls.

    Works in float32: a row whose two largest weighted scores agree to seven digits may go to the other class.
    """
    n_rows, n_classes = scores.shape
    n_blocks = -(-n_rows // LANES)
    tops = scores.max(axis=1, keepdims=True)
    padded = np.zeros((n_blocks * LANES, n_classes), dtype=np.float32)
    padded[:n_rows] = scores / np.where(tops > 0, tops, 1)
    blocks = np.ascontiguousarray(padded.reshape(n_blocks, LANES, n_classes).transpose(0, 2, 1))
    labels, actual = y.astype(np.int32), np.bincount(y, minlength=n_classes)

    def objective(weightings: FloatArray) -> FloatArray:
        factors = weightings / weightings.max(axis=1, keepdims=True)
        return macro_f1_of_weightings(blocks, labels, actual, factors.astype(np.float32))

    return objective
