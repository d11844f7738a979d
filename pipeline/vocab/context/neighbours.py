"""How often tokens stand beside each other, and positive pointwise mutual information of such counts."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pipeline.vocab.context.corpus import OTHER, Corpus

# Neighbours to the right (+) and to the left (-) at these distances are counted together, each group apart: near ones
# say what part of speech a word is, far ones what it is about.
OFFSETS = ((1,), (-1,), (2,), (-2,), (3, 4), (-3, -4))


def count_neighbours(corpus: Corpus, n: int, n_columns: int | None = None) -> list[sparse.csr_array]:
    """Count how often tokens stand beside each other in one document.

    Args:
        corpus: the text.
        n: how many of the most frequent tokens get a row; fewer where there are fewer.
        n_columns: how many get a column; None for n.

    Returns:
        For each group of `OFFSETS` a matrix [n, n_columns] float32: how often token j stands there from token i.
    """
    shape = (min(n, len(corpus.tokens)), min(n_columns or n, len(corpus.tokens)))
    groups = [[count_pairs(corpus, shape, offset) for offset in offsets] for offsets in OFFSETS]
    return [sparse.csr_array(sum(group[1:], start=group[0])) for group in groups]


def count_pairs(corpus: Corpus, shape: tuple[int, int], offset: int) -> sparse.csr_array:
    """Count how often token j stands `offset` places (to the right, if positive) from token i: → [shape] float32."""
    left, right = corpus.ids[: -abs(offset)], corpus.ids[abs(offset) :]
    together = corpus.documents[: -abs(offset)] == corpus.documents[abs(offset) :]
    token, neighbour = (left, right) if offset > 0 else (right, left)
    kept = together & (token != OTHER) & (neighbour != OTHER) & (token < shape[0]) & (neighbour < shape[1])
    ones = np.ones(int(kept.sum()), np.float32)
    return sparse.coo_array((ones, (token[kept], neighbour[kept])), shape=shape).tocsr()


def positive_pmi(counts: sparse.csr_array) -> sparse.csr_array:
    """Compute positive PMI: max(0, log of how much more often a row and a column meet than if they were independent).

    The columns' probabilities are taken to the power 1/2: rare columns would otherwise get the highest values (Levy,
    Goldberg and Dagan 2015 recommend 3/4; 1/2 mapped 0.3 to 2 points of the text's mass more in docs/alignment.md's
    cases).
    """
    counts = counts.tocsr()
    row_sums = counts.sum(axis=1)
    column_shares = np.sqrt(counts.sum(axis=0))
    column_shares /= max(column_shares.sum(), 1e-30)
    expected = np.repeat(row_sums, np.diff(counts.indptr)) * column_shares[counts.indices]
    values = np.log(np.maximum(counts.data / expected, 1)).astype(np.float32)
    pmi = sparse.csr_array((values, counts.indices.copy(), counts.indptr.copy()), shape=counts.shape)
    pmi.eliminate_zeros()
    return pmi


def scale_columns(matrix: sparse.csr_array, weights: npt.NDArray[np.floating[Any]]) -> sparse.csr_array:
    """Return the matrix with column j multiplied by weight j."""
    data = matrix.data * weights.astype(np.float32)[matrix.indices]
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Return the matrix with every row divided by its length; empty rows stay empty."""
    matrix = matrix.tocsr()
    lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1))
    lengths[lengths == 0] = 1
    data = matrix.data / np.repeat(lengths, np.diff(matrix.indptr)).astype(np.float32)
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
