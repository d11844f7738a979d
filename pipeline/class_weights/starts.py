"""Where a search of class weights starts: from weights that need no search."""

import numpy as np

from pipeline.class_weights.objective import normalise, weighted_macro_f1
from pipeline.metrics.arrays import FloatArray, IntArray

TAUS = (0.0, 0.25, 0.5, 0.75, 1.0)  # 0: all weights 1


def prior_weights(y: IntArray, n_classes: int, tau: float) -> FloatArray:
    """Weights [C] proportional to (count of the class) ** -tau, geometric mean 1.

    tau = 1 undoes the class prior in probabilities (Menon et al. 2021, "Long-tail learning via logit
    adjustment"). A class that does not occur in `y` gets 1: nothing is known of it.
    """
    counts = np.bincount(y, minlength=n_classes)
    present = counts > 0
    class_weights = np.ones(n_classes)
    class_weights[present] = normalise(counts[present].astype(np.float64) ** -tau)
    return class_weights


def best_start(scores: FloatArray, y: IntArray) -> FloatArray:
    """The `prior_weights` [C] with the highest macro-F1 over `TAUS`; the smallest tau of equals."""
    starts = [prior_weights(y, scores.shape[1], tau) for tau in TAUS]
    return max(starts, key=lambda class_weights: weighted_macro_f1(scores, y, class_weights))
