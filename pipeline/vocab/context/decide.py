"""From similarities to one plain token for each token: frequent tokens by assignment, the rest by what is left."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from pipeline.vocab.context.similarity import CHUNK, row_products
from pipeline.vocab.context.transport import Names, transport

Array = npt.NDArray[np.floating[Any]]
Ids = npt.NDArray[np.int64]

NOBODY = -1


def assign(similarity: Array, names: Names, *, temperature: float) -> tuple[Ids, Array]:
    """Find the assignment with the highest expected number of right tokens, no plain token taken twice.

    Args:
        similarity: [n, m] of the most frequent tokens.
        names: what is known beforehand.
        temperature: of `transport`, whose probabilities are what is expected.

    Returns:
        [n] plain ids, NOBODY where none is left, and [n] their probabilities; known names have 1.
    """
    n, m = similarity.shape
    free, plain_free = np.flatnonzero(names.is_free[:n]), np.flatnonzero(names.is_plain_free[:m])
    probabilities = transport(similarity[np.ix_(free, plain_free)], temperature)
    rows, columns = linear_sum_assignment(probabilities, maximize=True)
    assigned, sure = np.full(n, NOBODY, np.int64), np.ones(n)
    assigned[:] = names.plain_id[:n]
    assigned[free[rows]] = plain_free[columns]
    sure[free] = 0.0
    sure[free[rows]] = probabilities[rows, columns]
    return assigned, sure


def nearest_free(left: sparse.csr_array, right: sparse.csr_array, is_free: npt.NDArray[np.bool_]) -> Ids:
    """Let each row of `left`, in order, take the most similar row of `right` that no earlier row has taken.

    Args:
        left: [n, F], right: [m, F], rows of unit length.
        is_free: [m] bool, which rows of `right` may be taken.

    Returns:
        [n] rows of `right`, NOBODY where none is left. Of equally similar ones the first is taken.
    """
    candidates = np.flatnonzero(is_free)
    right = right[candidates]
    is_taken = np.zeros(len(candidates), bool)
    taken = np.full(left.shape[0], NOBODY, np.int64)
    for start in range(0, min(left.shape[0], len(candidates)), CHUNK):
        similarity = row_products(left[start : start + CHUNK], right)
        for row, similarities in enumerate(similarity, start=start):
            if is_taken.all():
                return taken
            best = int(np.where(is_taken, -1, similarities).argmax())
            taken[row], is_taken[best] = candidates[best], True
    return taken
