"""Weights that need next to no search: one number, tau, is chosen; the searches start from the best of them."""

import numpy as np

from pipeline.class_weights.calibration import calibrate
from pipeline.class_weights.objective import batched_objective, normalise
from pipeline.metrics.arrays import FloatArray, IntArray

TAUS = np.arange(0, 81) / 40  # 0 to 2; 0 leaves the weights alone, 1 undoes the prior
LARGEST_LOG = 15.0  # of a weight: scores that tell nothing calibrate to a sharpness of nearly 0


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


def prior_family(scores: FloatArray, y: IntArray) -> FloatArray:
    """`prior_weights` for every tau in `TAUS` [T, C]; the first are ones."""
    return np.stack([prior_weights(y, scores.shape[1], tau) for tau in TAUS])


def calibrated_family(scores: FloatArray, y: IntArray) -> FloatArray:
    """Weights [T, C] that first calibrate each class and then favour the rare ones, for every tau in `TAUS`.

    With calibrated probabilities q, prior ** -tau * q is largest where `scores` times these weights are: a common
    power of the scores changes no order, so the weights are exp(biases / sharpness) * prior ** (-tau / sharpness).
    """
    sharpness, biases = calibrate(scores, y)
    towards_rare = np.log(prior_weights(y, scores.shape[1], 1))
    logs = (biases + TAUS[:, None] * towards_rare) / sharpness
    logs = np.clip(logs - logs.mean(axis=1, keepdims=True), -LARGEST_LOG, LARGEST_LOG)
    family: FloatArray = np.exp(logs - logs.mean(axis=1, keepdims=True))
    return family


def best_of(family: FloatArray, scores: FloatArray, y: IntArray) -> FloatArray:
    """The weights [C] of `family` [T, C] with the highest macro-F1; the first of equals."""
    best: FloatArray = family[int(batched_objective(scores, y)(family).argmax())]
    return best


def best_start(scores: FloatArray, y: IntArray) -> FloatArray:
    """The best weights [C] of both families, the plain prior's first."""
    return best_of(np.concatenate([prior_family(scores, y), calibrated_family(scores, y)]), scores, y)
