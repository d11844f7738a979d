"""Nelder-Mead search of class weights, from several starts at once.

The search runs in log space, where a step is a factor and weights stay positive. The objective is piecewise
constant, so the first simplexes have to be large (a factor of e along each class): scipy's default of 5 % falls
within one step of the objective and ends where it started.

Nelder and Mead 1965, with the adaptive parameters of Gao and Han 2012. All simplexes take each step together, so that
every call of the objective has many points. Shapes: R simplexes, D dimensions.
"""

from collections.abc import Callable

import numpy as np

from pipeline.class_weights.method import Fit
from pipeline.class_weights.objective import batched_objective, weighted_macro_f1
from pipeline.class_weights.prior import best_start
from pipeline.metrics.arrays import BoolArray, FloatArray, IntArray
from pipeline.ranges import AtLeastOne

SIMPLEX_SIZE = 1.0  # in log units
SMALLEST_SIMPLEX = 0.02
SPREAD = 0.3  # standard deviation of the further starts around the first


class NelderMead:
    """The method `nelder_mead` of params: the mean, in log space, of where several simplexes end.

    The first is opened at the best of prior ** -tau, plain or calibrated; the others near it. Each fits the noise of
    these rows in its own way, and the mean does less.

    Args:
        starts: the number of simplexes.
        max_evaluations: evaluations of macro-F1, by all simplexes together; too few for one simplex leave the start as
        it is.
    """

    rank = 40

    def __init__(self, *, starts: AtLeastOne = 8, max_evaluations: AtLeastOne = 8000):
        self.starts, self.max_evaluations = starts, max_evaluations

    def fit(self, scores: FloatArray, y: IntArray, seed: int) -> Fit:
        """Find the mean, or the first start, or ones, where the mean falls below them: never worse on these rows."""
        macro_f1 = batched_objective(scores, y)
        start = best_start(scores, y)
        affordable = max(1, min(self.starts, self.max_evaluations // (4 * (len(start) + 1))))
        if self.max_evaluations <= len(start):
            return Fit(start, 0)
        rng = np.random.default_rng(seed)
        centres = np.repeat(np.log(start)[None], affordable, axis=0)
        centres[1:] += rng.normal(scale=SPREAD, size=centres[1:].shape)
        simplexes = open_simplexes(centres, SIMPLEX_SIZE, rng)
        ends, _, used = maximise(lambda logs: macro_f1(np.exp(logs)), simplexes, self.max_evaluations, SMALLEST_SIMPLEX)
        mean = np.exp((ends - ends.mean(axis=1, keepdims=True)).mean(axis=0))
        ends = np.stack([np.ones(len(start)), start, mean])  # the search may have fallen for its rounding to float32
        return Fit(max(ends, key=lambda found: weighted_macro_f1(scores, y, found)), used)

    def n_fitted(self, n_classes: int) -> int:
        """Return the number of classes: each has one weight."""
        return n_classes


Objective = Callable[[FloatArray], FloatArray]  # points [P, D] -> values [P], larger is better


def open_simplexes(centres: FloatArray, size: float, rng: np.random.Generator) -> FloatArray:
    """Open simplexes [R, D + 1, D] around `centres` [R, D], an edge of length `size` along each axis, signs drawn."""
    n_simplexes, n_dims = centres.shape
    simplexes = np.repeat(centres[:, None, :], n_dims + 1, axis=1)
    axes = np.arange(n_dims)
    simplexes[:, axes + 1, axes] += size * rng.choice([-1.0, 1.0], size=(n_simplexes, n_dims))
    return simplexes


def maximise(
    objective: Objective, simplexes: FloatArray, max_evaluations: int, smallest: float
) -> tuple[FloatArray, FloatArray, int]:
    """Find the best point of each simplex [R, D], its value [R], and the number of points evaluated.

    Changes `simplexes` [R, D + 1, D] in place. A simplex rests when it is narrower than `smallest` along every axis;
    the search ends when all rest, or when a further step could take more than `max_evaluations` points.
    """
    n_simplexes, n_corners, n_dims = simplexes.shape
    values = objective(simplexes.reshape(-1, n_dims)).reshape(n_simplexes, n_corners)
    used = values.size
    active = np.arange(n_simplexes)
    while len(active) and used + len(active) * (2 + n_dims) <= max_evaluations:
        used += _step(objective, simplexes, values, active)
        widths = np.ptp(simplexes[active], axis=1).max(axis=1)
        active = active[widths > smallest]
    rows, best = np.arange(n_simplexes), values.argmax(axis=1)
    return simplexes[rows, best], values[rows, best], used


def _step(objective: Objective, simplexes: FloatArray, values: FloatArray, active: IntArray) -> int:
    """Move every active simplex one step, in place: → the number of points evaluated."""
    n_dims = simplexes.shape[2]
    rows, now = np.arange(len(active)), values[active]
    worst = now.argmin(axis=1)
    corner, lowest = simplexes[active, worst], now[rows, worst]
    others = now.copy()
    others[rows, worst] = np.inf
    centroid = (simplexes[active].sum(axis=1) - corner) / n_dims
    away = centroid - corner

    point = centroid + away
    value = objective(point)
    expand, contract = value > now.max(axis=1), value <= others.min(axis=1)
    outside = contract & (value > lowest)
    second = expand | contract
    factor = np.where(expand, 1 + 2 / n_dims, (0.75 - 0.5 / n_dims) * np.where(outside, 1, -1))
    used = len(active) + int(second.sum())
    better: BoolArray = np.zeros(len(active), dtype=bool)
    if second.any():
        further = centroid + factor[:, None] * away
        gained = objective(further[second])
        better[second] = gained > np.where(contract & ~outside, lowest, value)[second]
        point[better], value[better] = further[better], gained[better[second]]

    shrink = contract & ~better
    moved = active[~shrink], worst[~shrink]
    simplexes[moved], values[moved] = point[~shrink], value[~shrink]
    return used + sum(_shrink(objective, simplexes[index], values[index]) for index in active[shrink])


def _shrink(objective: Objective, simplex: FloatArray, values: FloatArray) -> int:
    """Draw every corner [D + 1, D] toward the best corner, in place: → the number of points evaluated."""
    best = int(values.argmax())
    rest = np.arange(len(values)) != best
    simplex[rest] += (simplex[best] - simplex[rest]) / simplex.shape[1]
    values[rest] = objective(simplex[rest])
    return int(rest.sum())
