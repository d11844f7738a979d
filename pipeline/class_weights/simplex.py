"""Nelder-Mead on several simplexes at once (Nelder and Mead 1965; adaptive parameters of Gao and Han 2012).

All simplexes take each step together, so that every call of the objective has many points. Shapes: R simplexes, D
dimensions.
"""

from collections.abc import Callable

import numpy as np

from pipeline.metrics.arrays import BoolArray, FloatArray, IntArray

Objective = Callable[[FloatArray], FloatArray]  # points [P, D] -> values [P], larger is better


def open_simplexes(centres: FloatArray, size: float, rng: np.random.Generator) -> FloatArray:
    """Simplexes [R, D + 1, D] around `centres` [R, D], an edge of length `size` along each axis, its sign drawn."""
    n_simplexes, n_dims = centres.shape
    simplexes = np.repeat(centres[:, None, :], n_dims + 1, axis=1)
    axes = np.arange(n_dims)
    simplexes[:, axes + 1, axes] += size * rng.choice([-1.0, 1.0], size=(n_simplexes, n_dims))
    return simplexes


def maximise(
    objective: Objective, simplexes: FloatArray, max_evaluations: int, smallest: float
) -> tuple[FloatArray, FloatArray, int]:
    """The best point of each simplex [R, D], its value [R], and the number of points evaluated.

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
    """One step of every active simplex, in place; the number of points evaluated."""
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
    """Draw every corner [D + 1, D] toward the best one, in place; the number of points evaluated."""
    best = int(values.argmax())
    rest = np.arange(len(values)) != best
    simplex[rest] += (simplex[best] - simplex[rest]) / simplex.shape[1]
    values[rest] = objective(simplex[rest])
    return int(rest.sum())
