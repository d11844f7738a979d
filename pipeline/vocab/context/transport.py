"""From similarities to probabilities of who is who, each plain token used at most once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Array = npt.NDArray[np.floating[Any]]

N_SCALINGS = 30
FAINT = 0.02  # beliefs below this are forgotten


@dataclass(frozen=True)
class Names:
    """Known names, from tokens that were never anonymised. Legend: V tokens of the competition, W of the plain text.

    Args:
        plain_id: [V] int64, the plain id of a token that was never anonymised; -1 where it is not known.
        is_free: [V] bool, whether the token is to be matched.
        is_plain_free: [W] bool, whether the plain token may be taken.
    """

    plain_id: npt.NDArray[np.int64]
    is_free: npt.NDArray[np.bool_]
    is_plain_free: npt.NDArray[np.bool_]


def believe(similarity: Array, names: Names, *, temperature: float) -> sparse.csr_array:
    """Compute the probability that token i is plain token j: known names with 1, other tokens by `transport`.

    Args:
        similarity: [n, m] of the n and m most frequent tokens.
        names: what is known beforehand.
        temperature: of `transport`.

    Returns:
        [n, m] float32; probabilities below FAINT are left out.
    """
    n, m = similarity.shape
    free, plain_free = np.flatnonzero(names.is_free[:n]), np.flatnonzero(names.is_plain_free[:m])
    matched = transport(similarity[np.ix_(free, plain_free)], temperature)
    i, j = np.nonzero(matched > FAINT)
    known = np.flatnonzero((names.plain_id[:n] >= 0) & (names.plain_id[:n] < m))
    values = np.concatenate([matched[i, j], np.ones(len(known), np.float32)])
    rows, columns = np.concatenate([free[i], known]), np.concatenate([plain_free[j], names.plain_id[known]])
    return sparse.csr_array((values.astype(np.float32), (rows, columns)), shape=(n, m))


def pairs_as_belief(plain_ids: npt.NDArray[np.int64], probability: Array, shape: tuple[int, int]) -> sparse.csr_array:
    """Make a belief of one plain token for each token: [n] plain ids, -1 for none, and their probabilities → [n, m].

    Plain ids past the m compared are left out, as in `believe`.
    """
    kept = np.flatnonzero((plain_ids >= 0) & (plain_ids < shape[1]) & (probability > FAINT))
    values = probability[kept].astype(np.float32)
    return sparse.csr_array((values, (kept, plain_ids[kept])), shape=shape)


def transport(similarity: Array, temperature: float) -> Array:
    """Turn similarities into probabilities by entropic optimal transport, no row or column used more than once.

    Maximises Σ P·similarity + temperature · entropy of P, with rows that sum to 1 and columns that sum to at most 1
    (the other way round where there are more rows), by Sinkhorn's scaling (Cuturi 2013), the columns' one-sided.

    Args:
        similarity: [n, m].
        temperature: near 0 every row has one candidate; high, all are alike.

    Returns:
        [n, m] float32.
    """
    n, m = similarity.shape
    if n > m:
        return transport(similarity.T, temperature).T
    if n == 0:
        return np.zeros((n, m), np.float32)
    kernel: Array = np.exp((similarity - similarity.max(axis=1, keepdims=True)) / temperature).astype(np.float32)
    columns = np.ones(m, np.float32)
    for _ in range(N_SCALINGS):
        rows = 1 / np.maximum(kernel @ columns, 1e-30)
        columns = np.minimum(1, 1 / np.maximum(rows @ kernel, 1e-30))
    kernel *= columns
    kernel /= np.maximum(kernel.sum(axis=1, keepdims=True), 1e-30)
    return kernel
