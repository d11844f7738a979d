"""How alike the company of a token is to that of a plain token, under a present belief of who is who."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pipeline.vocab.context.neighbours import positive_pmi, scale_columns, unit_rows

Array = npt.NDArray[np.floating[Any]]

CHUNK = 1000  # rows that are multiplied at once: bounds memory
DENSE = 0.03  # share of entries from which a dense product is the faster one


def company_similarity(
    neighbours: Sequence[sparse.csr_array],
    plain_neighbours: Sequence[sparse.csr_array],
    belief: sparse.csr_array,
    n: int,
) -> Array:
    """Compute the cosine of the tokens' company, translated by the belief.

    The competition's counts of neighbours are moved to the plain tokens that they probably are; positive PMI on both
    sides; each plain neighbour weighs the square root of the highest probability that somebody is it.

    Args:
        neighbours, plain_neighbours: `count_neighbours` of either side.
        belief: [k, l], of the k and l most frequent tokens; the neighbours that are looked at.
        n: how many of the most frequent tokens are compared; fewer where there are fewer.

    Returns:
        [min(n, V), min(n, W)] float32, 0 to 1.
    """
    k, m = belief.shape
    weights = column_weights(belief)
    left = company([counts[:n, :k] @ belief for counts in neighbours], weights)
    return row_products(left, company([counts[:n, :m] for counts in plain_neighbours], weights))


def company(neighbours: Sequence[sparse.csr_array], weights: Array) -> sparse.csr_array:
    """Compute positive PMI of counts of neighbours, side by side, columns weighted, rows of unit length."""
    return unit_rows(sparse.hstack([scale_columns(positive_pmi(counts), weights) for counts in neighbours], "csr"))


def column_weights(belief: sparse.csr_array) -> Array:
    """Compute the square root of the highest probability that any token is plain token j: → [m]."""
    weights: Array = np.sqrt(belief.max(axis=0).toarray().ravel())
    return weights


def row_products(left: sparse.csr_array, right: sparse.csr_array) -> Array:
    """Compute left @ right.T as a dense float32 array, in pieces."""
    n_features = left.shape[1]
    product = np.zeros((left.shape[0], right.shape[0]), np.float32)
    if min(left.nnz, right.nnz) > DENSE * n_features * min(product.shape):
        left_columns, right_columns = left.tocsc(), right.tocsc()
        for start in range(0, n_features, CHUNK):
            here = slice(start, start + CHUNK)
            product += left_columns[:, here].toarray() @ right_columns[:, here].toarray().T
        return product
    transposed = right.T.tocsr()
    for start in range(0, left.shape[0], CHUNK):
        product[start : start + CHUNK] = (left[start : start + CHUNK] @ transposed).toarray()
    return product
