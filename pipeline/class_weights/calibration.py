"""Biases that make scores fit the label counts: the part of class weights that maximum likelihood can find.

Alexandari, Kundaje and Shrikumar 2020, "Maximum Likelihood with Bias-Corrected Calibration is Hard-To-Beat at Label
Shift Adaptation". Likelihood is smooth and uses every row, so it finds the offset of each class with far less noise
than macro-F1, which sees only the rows that change class.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from pipeline.metrics.arrays import FloatArray, IntArray

RIDGE = 1e-4  # on the parameters: without it a class that never occurs would go to minus infinity
FLOOR = 1e-12  # of a score relative to the row's largest
MAX_ITERATIONS = 100


class Calibration(NamedTuple):
    """softmax(sharpness * log(scores) + biases) is the probability of each class."""

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
