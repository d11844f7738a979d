"""Class weights that take next to no search: ones, and prior ** -tau, plain or after calibration, with tau chosen."""

import numpy as np

from pipeline.class_weights.method import Fit
from pipeline.class_weights.starts import best_of, calibrated_family, prior_family
from pipeline.metrics.arrays import FloatArray, IntArray


class NoWeights:
    """The method `none` of params: all weights 1."""

    rank = 0

    def fit(self, scores: FloatArray, y: IntArray, seed: int) -> Fit:
        """Ones [C], without an evaluation."""
        return Fit(np.ones(scores.shape[1]), 0)

    def n_fitted(self, n_classes: int) -> int:
        """None."""
        return 0


class Prior:
    """The method `prior` of params: prior ** -tau, with tau chosen by macro-F1."""

    rank = 10

    def fit(self, scores: FloatArray, y: IntArray, seed: int) -> Fit:
        """The best weights [C] of all taus; nothing is random."""
        family = prior_family(scores, y)
        return Fit(best_of(family, scores, y), len(family))

    def n_fitted(self, n_classes: int) -> int:
        """Tau."""
        return 1


class CalibratedPrior:
    """The method `calibrated_prior` of params: each class is calibrated first, then weighed by prior ** -tau.

    The calibration is fitted to the likelihood, so only tau is tuned on macro-F1 itself and little is over-fitted.
    """

    rank = 20

    def fit(self, scores: FloatArray, y: IntArray, seed: int) -> Fit:
        """The best weights [C] of all taus; nothing is random."""
        family = calibrated_family(scores, y)
        return Fit(best_of(family, scores, y), len(family))

    def n_fitted(self, n_classes: int) -> int:
        """As many as there are weights."""
        return n_classes
