"""Bootstrap intervals for the macro-F1 and for the difference of two macro-F1s on the same rows.

Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), percentile method. Drawing N rows with
replacement is drawing multinomial counts of the distinct (label, prediction, ...) combinations, and these
are far fewer than the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.metrics.arrays import FloatArray, IntArray, check_labels
from pipeline.metrics.scores import f1_from_counts, macro_f1

BLOCK = 4_000_000  # counts held at once: 32 MB


@dataclass(frozen=True)
class Interval:
    """A figure on the real rows (`value`), its percentile interval, and the standard deviation over resamples."""

    value: float
    low: float
    high: float
    std: float


def bootstrap_interval(
    y_true: IntArray,
    y_pred: IntArray,
    n_classes: int,
    n_samples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Compute the macro-F1 of `y_pred` with its bootstrap interval over rows; labels [N]."""
    resampled = _resampled_macro_f1(y_true, [y_pred], n_classes, n_samples, seed)
    return _interval(macro_f1(y_true, y_pred, n_classes), resampled[0], level)


def paired_bootstrap(
    y_true: IntArray,
    pred_a: IntArray,
    pred_b: IntArray,
    n_classes: int,
    n_samples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Compute macro-F1(a) - macro-F1(b) with its interval, both on the same resampled rows."""
    resampled = _resampled_macro_f1(y_true, [pred_a, pred_b], n_classes, n_samples, seed)
    difference = macro_f1(y_true, pred_a, n_classes) - macro_f1(y_true, pred_b, n_classes)
    return _interval(difference, resampled[0] - resampled[1], level)


def _resampled_macro_f1(
    y_true: IntArray, predictions: Sequence[IntArray], n_classes: int, n_samples: int, seed: int
) -> FloatArray:
    """Compute macro-F1 [P, n_samples] of P predictions of the same rows, on resamples that all of them share."""
    if n_samples < 2:
        raise ValueError(f"n_samples is {n_samples}; at least 2 are needed")
    columns = [check_labels(y_true, n_classes, "y_true")]
    columns += [check_labels(pred, n_classes, f"prediction {i}") for i, pred in enumerate(predictions)]
    if len({len(column) for column in columns}) > 1:
        raise ValueError(f"labels and predictions have {[len(column) for column in columns]} rows; they must be equal")
    shape = (n_classes,) * len(columns)
    codes, counts = np.unique(np.ravel_multi_index(columns, shape), return_counts=True)
    combinations = np.stack(np.unravel_index(codes, shape))
    rng = np.random.default_rng(seed)
    block = max(1, BLOCK // len(counts))
    sizes = [min(block, n_samples - start) for start in range(0, n_samples, block)]
    draws = (rng.multinomial(counts.sum(), counts / counts.sum(), size=size) for size in sizes)
    return np.concatenate([_macro_f1_of_draws(draw, combinations, n_classes) for draw in draws], axis=1)


def _macro_f1_of_draws(draws: IntArray, combinations: IntArray, n_classes: int) -> FloatArray:
    """Compute macro-F1 [P, B] of draws [B, U]: counts of the `combinations` [1 + P, U] of label and predictions."""
    classes = np.arange(n_classes)
    weights = draws.astype(np.float64)  # a float product is a BLAS call, and exact for counts below 2**53
    is_label = (combinations[0][:, None] == classes).astype(np.float64)
    actual = weights @ is_label
    scores = []
    for pred in combinations[1:]:
        is_pred = (pred[:, None] == classes).astype(np.float64)
        scores.append(f1_from_counts(weights @ (is_pred * is_label), weights @ is_pred, actual).mean(axis=1))
    return np.stack(scores)


def _interval(value: float, resampled: FloatArray, level: float) -> Interval:
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; a share between 0 and 1 is allowed")
    low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), float(resampled.std(ddof=1)))
