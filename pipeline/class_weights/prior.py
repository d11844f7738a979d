"""Class weights that take next to no search: ones, and prior ** -tau, plain or after calibration, with tau chosen.

The searches start from the best of them. Calibration is by biases that make scores fit the label counts (Alexandari,
Kundaje and Shrikumar 2020, "Maximum Likelihood with Bias-Corrected Calibration is Hard-To-Beat at Label Shift
Adaptation"). Likelihood is smooth and uses every row, so it finds the offset of each class with far less noise than
macro-F1, which sees only the rows that change class.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from pipeline.class_weights.method import Fit
from pipeline.class_weights.objective import batched_objective, normalise
from pipeline.metrics.arrays import FloatArray, IntArray


class NoWeights:
    """The method `none` of params: all weights 1."""

    rank = 0

    def fit(self, scores: FloatArray, y: IntArray, seed: int) -> Fit:
        """Return ones [C], without an evaluation."""
        return Fit(np.ones(scores.shape[1]), 0)

    def n_fitted(self, n_classes: int) -> int:
        """Return 0: no number is taken from the labels."""
        return 0


class Prior:
    """The method `prior` of params: prior ** -tau, with tau chosen by macro-F1."""

    rank = 10

    def fit(self, scores: FloatArray, y: IntArray, seed: int) -> Fit:
        """Find the best weights [C] of all taus; nothing is random."""
        family = prior_family(scores, y)
        return Fit(best_of(family, scores, y), len(family))

    def n_fitted(self, n_classes: int) -> int:
        """Return 1: tau is the one number that is fitted."""
        return 1


class CalibratedPrior:
    """The method `calibrated_prior` of params: each class is calibrated first, then weighed by prior ** -tau.

    The calibration is fitted to the likelihood, so only tau is tuned on macro-F1 itself and little is over-fitted.
    """

    rank = 20

    def fit(self, scores: FloatArray, y: IntArray, seed: int) -> Fit:
        """Find the best weights [C] of all taus; nothing is random."""
        family = calibrated_family(scores, y)
        return Fit(best_of(family, scores, y), len(family))

    def n_fitted(self, n_classes: int) -> int:
        """Return the number of classes: as many numbers are fitted as there are weights."""
        return n_classes


TAUS = np.arange(0, 81) / 40  # 0 to 2; 0 leaves the weights alone, 1 undoes the prior
LARGEST_LOG = 15.0  # of a weight: scores that tell nothing calibrate to a sharpness of nearly 0


def prior_weights(y: IntArray, n_classes: int, tau: float) -> FloatArray:
    """Compute weights [C] proportional to (count of the class) ** -tau, geometric mean 1.

    tau = 1 undoes the class prior in probabilities (Menon et al. 2021, "Long-tail learning via logit
    adjustment"). A class that does not occur in `y` gets 1: nothing is known of it.
    """
    counts = np.bincount(y, minlength=n_classes)
    present = counts > 0
    class_weights = np.ones(n_classes)
    class_weights[present] = normalise(counts[present].astype(np.float64) ** -tau)
    return class_weights


def prior_family(scores: FloatArray, y: IntArray) -> FloatArray:
    """Compute `prior_weights` for every tau in `TAUS` [T, C]; the first are ones."""
    return np.stack([prior_weights(y, scores.shape[1], tau) for tau in TAUS])


def calibrated_family(scores: FloatArray, y: IntArray) -> FloatArray:
    """Compute weights [T, C] that calibrate each class and then favour the rare classes, for every tau in `TAUS`.

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
    """Return the weights [C] of `family` [T, C] with the highest macro-F1; the first of equals."""
    best: FloatArray = family[int(batched_objective(scores, y)(family).argmax())]
    return best


def best_start(scores: FloatArray, y: IntArray) -> FloatArray:
    """Return the best weights [C] of both families, the plain and the calibrated prior's; of equals the plain ones."""
    return best_of(np.concatenate([prior_family(scores, y), calibrated_family(scores, y)]), scores, y)


RIDGE = 1e-4  # on the parameters: without it a class that never occurs would go to minus infinity
FLOOR = 1e-12  # of a score relative to the row's largest
MAX_ITERATIONS = 100


class Calibration(NamedTuple):
    """A fitted calibration: softmax(sharpness * log(scores) + biases) is the probability of each class."""

    sharpness: float
    biases: FloatArray  # [C], mean 0


def calibrate(scores: FloatArray, y: IntArray) -> Calibration:
    """Fit sharpness and biases [C] to labels y [N] by maximum likelihood (L-BFGS); scores [N, C] >= 0."""
    n_rows, n_classes = scores.shape
    tops = scores.max(axis=1, keepdims=True)
    logs = np.log(np.maximum(scores / np.where(tops > 0, tops, 1), FLOOR)).T.astype(np.float32, order="C")
    of_label = logs[y, np.arange(n_rows)].mean(dtype=np.float64)
    shares = np.bincount(y, minlength=n_classes) / n_rows
    exps = np.empty_like(logs)

    def loss_and_gradient(parameters: FloatArray) -> tuple[float, FloatArray]:
        sharpness, biases = np.exp(parameters[0]), parameters[1:]
        np.multiply(logs, np.float32(sharpness), out=exps)
        np.add(exps, biases[:, None].astype(np.float32), out=exps)
        shift = exps.max(axis=0)
        np.exp(np.subtract(exps, shift, out=exps), out=exps)
        sums = exps.sum(axis=0)
        np.divide(exps, sums, out=exps)
        # No matrix products: their last bits depend on the number of threads.
        exps_share = exps.sum(axis=1, dtype=np.float64) / n_rows
        expected_log = float(np.einsum("cn,cn->n", exps, logs).sum(dtype=np.float64)) / n_rows
        log_sums = float((np.log(sums) + shift).mean(dtype=np.float64))
        likelihood = sharpness * of_label + float((shares * biases).sum()) - log_sums
        slope = [sharpness * (expected_log - of_label), *(exps_share - shares)]
        return RIDGE / 2 * float(parameters @ parameters) - likelihood, np.array(slope) + RIDGE * parameters

    options = {"maxiter": MAX_ITERATIONS, "ftol": 1e-7, "gtol": 1e-5}
    found = minimize(loss_and_gradient, np.zeros(n_classes + 1), jac=True, method="L-BFGS-B", options=options).x
    return Calibration(float(np.exp(found[0])), found[1:] - found[1:].mean())
