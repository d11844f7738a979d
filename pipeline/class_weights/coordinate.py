"""Exact coordinate ascent of class weights: each class in turn takes its best weight, until nothing gains.

It finds the highest point and fits the noise around it; the mean over samples of the rows fits less of it.

The best weight of one class while all others stay is exact: a row is predicted as the class when weight * own > other
(or equal, and the class has the lower index), so it flips at the breakpoint other / own, and macro-F1 is constant
between breakpoints. Flipping the rows one by one in the order of their breakpoints, with cumulative counts, gives
macro-F1 on every interval.
"""

from typing import NamedTuple

import numpy as np

from pipeline.class_weights.kernels import best_of_others, macro_f1_of_flips
from pipeline.class_weights.method import Fit
from pipeline.class_weights.objective import normalise, weighted_macro_f1
from pipeline.class_weights.prior import best_of, prior_family
from pipeline.metrics.arrays import FloatArray, IntArray
from pipeline.ranges import AtLeastOne, SomeOf

MAX_SWEEPS = 50


class Coordinate:
    """The method `coordinate` of params: an ascent from the best prior ** -tau (ones are tau = 0)."""

    rank = 50

    def fit(self, scores: FloatArray, y: IntArray, seed: int) -> Fit:
        """Find the weights [C] at the end of the ascent; nothing is random."""
        return ascend(scores, y, best_of(prior_family(scores, y), scores, y))

    def n_fitted(self, n_classes: int) -> int:
        """Return the number of classes: each has one weight."""
        return n_classes


class BaggedCoordinate:
    """The method `bagged_coordinate` of params: `coordinate` on samples of the rows, weights averaged in log space.

    Buehlmann and Yu 2002, "Analyzing bagging", on samples of half the rows.

    Args:
        bags: the number of samples.
        share: share of each class's rows in one sample, without replacement, one row at least.

    Raises:
        ValueError: unless bags >= 1 and 0 < share <= 1.
    """

    rank = 30

    def __init__(self, *, bags: AtLeastOne = 10, share: SomeOf = 0.5):
        if bags < 1 or not 0 < share <= 1:
            raise ValueError(
                f"bags is {bags} and share is {share}; 1 or more, and a share above 0 up to 1, are allowed"
            )
        self.bags, self.share = bags, share

    def fit(self, scores: FloatArray, y: IntArray, seed: int) -> Fit:
        """Find the mean weights [C] over the samples, which are drawn from `seed`."""
        rng = np.random.default_rng(seed)
        logs, searches = np.zeros(scores.shape[1]), 0
        for _ in range(self.bags):
            rows = draw_of_each_class(y, self.share, rng)
            found = Coordinate().fit(scores[rows], y[rows], seed)
            logs += np.log(normalise(found.weights)) / self.bags
            searches += found.evaluations
        return Fit(np.exp(logs), searches)

    def n_fitted(self, n_classes: int) -> int:
        """Return the number of classes: each has one weight."""
        return n_classes


def ascend(scores: FloatArray, y: IntArray, start: FloatArray) -> Fit:
    """Ascend from weights `start` [C], one class at a time: → the weights [C] that are reached.

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
    return Fit(class_weights, searches)


def draw_of_each_class(y: IntArray, share: float, rng: np.random.Generator) -> IntArray:
    """Draw rows, sorted: `share` of every class's, rounded at random so that the mean share is kept, at least one."""
    places = rng.random(len(y))
    order = np.lexsort((places, y))  # class by class, within it at random
    counts = np.bincount(y)
    taken = np.floor(counts * share + rng.random(len(counts))).astype(np.int64)
    taken = np.minimum(np.maximum(taken, 1), counts)
    position = np.arange(len(y)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.sort(order[position < np.repeat(taken, counts)])


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
    """Find the weight of class `label` with the highest macro-F1: → that weight and that macro-F1.

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
    """Compute the weight [N] above which each row is predicted as `label`: 0 for always, infinity for never."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        breakpoints: FloatArray = rivals.value / own
    always_by_index = (own == 0) & (rivals.value == 0) & (label < rivals.label)
    breakpoints[own == 0] = np.inf
    breakpoints[always_by_index] = 0
    return breakpoints


def _intervals(breakpoints: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper ends [F + 1] of the intervals between sorted breakpoints [F].

    The two outer intervals reach a factor of 4 past the last breakpoint, so that their middle is a factor of 2
    past it.
    """
    if not len(breakpoints):
        return np.array([1 / LIMIT]), np.array([LIMIT])
    lower = np.concatenate([[max(1 / LIMIT, breakpoints[0] / 4)], breakpoints])
    upper = np.concatenate([breakpoints, [min(LIMIT, breakpoints[-1] * 4)]])
    return lower, upper
