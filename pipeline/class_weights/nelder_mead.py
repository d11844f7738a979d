"""Nelder-Mead search of class weights (Nelder and Mead 1965; adaptive parameters of Gao and Han 2012).

The search runs in log space, where a step is a factor and weights stay positive. The objective is piecewise
constant, so the first simplex has to be large (a factor of e along each class): scipy's default of 5 % falls
within one step of the objective and ends where it started.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from pipeline.class_weights.objective import fast_objective, weighted_macro_f1
from pipeline.class_weights.starts import best_start
from pipeline.metrics.arrays import FloatArray, IntArray

SIMPLEX_SIZE = 1.0  # in log units
SMALLEST_SIMPLEX = 0.1
MAX_EVALUATIONS = 1500


def nelder_mead(
    scores: FloatArray, y: IntArray, seed: int, max_evaluations: int = MAX_EVALUATIONS
) -> tuple[FloatArray, int]:
    """Class weights [C] and the number of evaluations; scores [N, C] >= 0, labels [N].

    Starts from the better of ones and prior ** -tau, and never ends below it. When a simplex has shrunk,
    another one is opened around the best point with edges in random directions (from `seed`), half as long
    each time the last one brought nothing, until the evaluations are used up or the edges are below 0.1.
    """
    objective = fast_objective(scores, y)

    def loss(logs: npt.NDArray[np.float64]) -> float:
        return -objective(np.exp(logs))

    rng = np.random.default_rng(seed)
    start = best_start(scores, y)
    best: npt.NDArray[np.float64] = np.log(start)
    lowest, used, size = np.inf, 0, SIMPLEX_SIZE
    edges = np.eye(len(start))
    while size >= SMALLEST_SIMPLEX and used < max_evaluations:
        options: Any = {
            "initial_simplex": np.vstack([best, best + size * edges]),
            "adaptive": True,
            "maxfev": max_evaluations - used,
            "xatol": 0.01,
            "fatol": 1e-6,
        }
        found = minimize(loss, best, method="Nelder-Mead", options=options)
        used += int(found.nfev)
        if found.fun < lowest:
            best, lowest = found.x, float(found.fun)
        else:
            size /= 2
        edges = np.diag(rng.choice([-1.0, 1.0], size=len(start)))
    return max([start, np.exp(best)], key=lambda end: weighted_macro_f1(scores, y, end)), used
