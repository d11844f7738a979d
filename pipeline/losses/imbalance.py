"""Class weights for the loss, from class counts; scaled so that the mean weight of a row is 1."""

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UserError
from pipeline.ranges import BelowOne


def uniform(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Weigh every class 1. counts [C] → weights [C]."""
    return np.ones(len(counts))


def balanced(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Weigh each class by the inverse of its count. counts [C] → weights [C]."""
    return _scaled(1 / np.maximum(counts, 1), counts)


def sqrt_balanced(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Weigh each class by the inverse square root of its count. counts [C] → weights [C]."""
    return _scaled(1 / np.sqrt(np.maximum(counts, 1)), counts)


def effective_number(counts: NDArray[np.integer], *, beta: BelowOne) -> NDArray[np.float64]:
    """Weigh each class by 1 / effective number of rows, (1 − beta^n) / (1 − beta) (Cui et al. 2019, arXiv:1901.05555).

    A new row of a large class is likely to be much like one that is there: beyond about 1 / (1 − beta) rows, more
    count no further. A beta of 0 weighs all classes alike, one near 1 weighs as `balanced`. counts [C] → weights [C].

    Raises UserError for a beta outside [0, 1).
    """
    if not 0 <= beta < 1:
        raise UserError(f"class_weights effective_number: got beta {beta}, at least 0 and below 1 is allowed")
    if beta == 0:
        return uniform(counts)
    # −expm1(n · log1p(beta − 1)) is 1 − beta^n without the rounding of a beta near 1.
    return _scaled(1 / -np.expm1(np.maximum(counts, 1) * np.log1p(beta - 1)), counts)


def _scaled(weights: NDArray[np.float64], counts: NDArray[np.integer]) -> NDArray[np.float64]:
    scaled: NDArray[np.float64] = weights * counts.sum() / (weights * counts).sum()
    return scaled
