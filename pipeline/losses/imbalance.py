"""Class weights for the loss, from class counts; scaled so that the mean weight of a row is 1."""

import numpy as np
from numpy.typing import NDArray


def uniform(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Every class 1. counts [C] → weights [C]."""
    return np.ones(len(counts))


def balanced(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Inverse to the class's count. counts [C] → weights [C]."""
    return _scaled(1 / np.maximum(counts, 1), counts)


def sqrt_balanced(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Inverse to the square root of the class's count. counts [C] → weights [C]."""
    return _scaled(1 / np.sqrt(np.maximum(counts, 1)), counts)


def _scaled(weights: NDArray[np.float64], counts: NDArray[np.integer]) -> NDArray[np.float64]:
    scaled: NDArray[np.float64] = weights * counts.sum() / (weights * counts).sum()
    return scaled
