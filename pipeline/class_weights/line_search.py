"""The exact best weight of one class while all other weights stay: a sweep over every row where it can flip.

With the other weights fixed, a row is predicted as the class when weight * own > other (or equal, and the
class has the lower index), so it flips at the breakpoint other / own, and macro-F1 is constant between
breakpoints. Flipping the rows one by one in the order of their breakpoints, with cumulative counts, gives
macro-F1 on every interval.
"""

from typing import NamedTuple

import numpy as np

from pipeline.class_weights.kernels import macro_f1_of_flips
from pipeline.metrics.arrays import FloatArray, IntArray

LIMIT = 1e9  # weights are sought in [1 / LIMIT, LIMIT]
SAME_BREAKPOINT = 1e-9  # relative: rounding cannot move a row across an interval wider than this
GAIN = 1e-12  # smaller differences in macro-F1 are rounding


class Rivals(NamedTuple):
    """The best weighted score among the other classes in each row [N], and the class that has it [N]."""

    value: FloatArray
    label: IntArray


def best_weight(
    own: FloatArray, rivals: Rivals, y: IntArray, label: int, actual: IntArray, current: float
) -> tuple[float, float]:
    """The weight of class `label` with the highest macro-F1, and that macro-F1.

    `own` [N] are the unweighted scores of the class, `actual` [C] the label counts. The weight is the
    geometric middle of the best interval between breakpoints; of equally good intervals, the one nearest
    to `current`.
    """
    breakpoints = _breakpoints(own, rivals, label)
    flips = np.flatnonzero((breakpoints > 1 / LIMIT) & (breakpoints < LIMIT))
    flips = flips[np.argsort(breakpoints[flips])]  # equal ones in any order: no interval lies between them
    values = macro_f1_of_flips(flips, rivals.label, breakpoints <= 1 / LIMIT, y, label, actual)
    lower, upper = _intervals(breakpoints[flips])
    wide = upper > lower * (1 + SAME_BREAKPOINT)
    best = np.flatnonzero(wide & (values >= values[wide].max() - GAIN))
    middles = np.sqrt(lower[best]) * np.sqrt(upper[best])
    nearest = int(np.argmin(np.abs(np.log(middles / current))))
    return float(middles[nearest]), float(values[best[nearest]])


def _breakpoints(own: FloatArray, rivals: Rivals, label: int) -> FloatArray:
    """The weight [N] above which each row is predicted as `label`: 0 for always, infinity for never."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        breakpoints: FloatArray = rivals.value / own
    always_by_index = (own == 0) & (rivals.value == 0) & (label < rivals.label)
    breakpoints[own == 0] = np.inf
    breakpoints[always_by_index] = 0
    return breakpoints


def _intervals(breakpoints: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Lower and upper ends [F + 1] of the intervals between sorted breakpoints [F].

    The two outer ones reach a factor of 4 past the last breakpoint, so that their middle is a factor of 2
    past it.
    """
    if not len(breakpoints):
        return np.array([1 / LIMIT]), np.array([LIMIT])
    lower = np.concatenate([[max(1 / LIMIT, breakpoints[0] / 4)], breakpoints])
    upper = np.concatenate([breakpoints, [min(LIMIT, breakpoints[-1] * 4)]])
    return lower, upper
