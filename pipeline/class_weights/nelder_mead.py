"""Nelder-Mead search of class weights, from several starts at once.

The search runs in log space, where a step is a factor and weights stay positive. The objective is piecewise
constant, so the first simplexes have to be large (a factor of e along each class): scipy's default of 5 % falls
within one step of the objective and ends where it started.
"""

import numpy as np

from pipeline.class_weights.method import Fit
from pipeline.class_weights.objective import batched_objective, weighted_macro_f1
from pipeline.class_weights.simplex import maximise, open_simplexes
from pipeline.class_weights.starts import best_start
from pipeline.metrics.arrays import FloatArray, IntArray

SIMPLEX_SIZE = 1.0  # in log units
SMALLEST_SIMPLEX = 0.02
SPREAD = 0.3  # standard deviation of the further starts around the first


class NelderMead:
    """The method `nelder_mead` of params: the mean, in log space, of where several simplexes end.

    The first is opened at the best of prior ** -tau, plain or calibrated; the others near it. Each fits the noise of
    these rows in its own way, and the mean does less.

    Args:
        starts: simplexes.
        max_evaluations: of macro-F1, by all of them together; too few for one simplex leave the start as it is.
    """

    rank = 40

    def __init__(self, *, starts: int = 8, max_evaluations: int = 8000):
        self.starts, self.max_evaluations = starts, max_evaluations

    def fit(self, scores: FloatArray, y: IntArray, seed: int) -> Fit:
        """The mean, or the first start, or ones, where the mean falls below them: never worse on these rows."""
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
        """A weight a class."""
        return n_classes
