"""What a token's surroundings look like without knowing who its neighbours are: the start of the search.

A signature does not change when all tokens get other names: how often the token opens and closes a document, how it is
spread over documents, how frequent its neighbours are, how many different ones it has and how evenly they are spread.
Names that are known, of tokens that were never anonymised, count for themselves.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pipeline.vocab.context.corpus import Corpus

Array = npt.NDArray[np.floating[Any]]

N_BANDS = 24  # bands of frequency, each with about the same share of the text
N_NAMED = 40  # known neighbours that count for themselves, at most
N_NEAR = 4  # groups of neighbours that are looked at: one and two places to either side
PRIOR = 12.0  # occurrences that pull a rare token's figures towards the average


def signature_distance(
    first: tuple[Corpus, Sequence[sparse.csr_array]],
    second: tuple[Corpus, Sequence[sparse.csr_array]],
    named: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    n: int,
) -> Array:
    """Compute the root mean squared difference between signatures of the n most frequent tokens of two corpora.

    Args:
        first, second: a corpus and its `count_neighbours`.
        named: the tokens that are known to be the same, as ids in the first and in the second corpus.
        n: how many tokens; fewer where a corpus has fewer.

    Returns:
        [min(n, V of first), min(n, V of second)] float32. Each figure is standardised within its corpus, so that a
        difference that all tokens share (longer documents, another topic) costs nothing.
    """
    left = _signatures(*first, named[0], n)
    right = _signatures(*second, named[1], n)
    squared = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * left @ right.T
    distance: Array = np.sqrt(np.maximum(squared, 0) / left.shape[1]).astype(np.float32)
    return distance


def _signatures(corpus: Corpus, neighbours: Sequence[sparse.csr_array], named: npt.NDArray[np.int64], n: int) -> Array:
    figures = [*_places(corpus, min(n, len(corpus.tokens)))]
    bands = _bands(corpus.counts[: neighbours[0].shape[0]], named)
    for counts in neighbours[:N_NEAR]:
        figures += _company(counts[:n], bands)
    stacked = np.stack(figures, axis=1)
    standardised: Array = (stacked - stacked.mean(axis=0)) / (stacked.std(axis=0) + 1e-9)
    return standardised


def _places(corpus: Corpus, n: int) -> list[Array]:
    """Compute log shares: how often each token opens a document, closes one, and how many documents have the token."""
    ids, documents = corpus.ids, corpus.documents
    is_first = np.diff(documents, prepend=-1) != 0
    is_last = np.append(is_first[1:], True)
    ranked = (ids >= 0) & (ids < n)
    n_documents = int(documents[-1]) + 1 if len(documents) else 1
    in_document = np.sort(ids[ranked].astype(np.int64) * n_documents + documents[ranked])
    distinct = in_document[np.diff(in_document, prepend=-1) != 0] // n_documents
    counts = corpus.counts[:n]
    occurrences = (ids[ranked & is_first], ids[ranked & is_last], distinct)
    return [np.log((np.bincount(where, minlength=n) + 0.5) / (counts + 1)) for where in occurrences]


def _bands(counts: npt.NDArray[np.int64], named: npt.NDArray[np.int64]) -> sparse.csr_array:
    """Put each token into a band of frequency, the first N_NAMED known ones into their own: → [V, bands], 0 or 1."""
    is_named = np.zeros(len(counts), bool)
    is_named[named[named < len(counts)]] = True
    falling = np.sort(np.where(is_named, 0, counts))[::-1]
    mass_above = np.cumsum(falling) - falling
    # by the mass of what is more frequent: equal counts are in one band, or it would depend on names
    mass = mass_above[np.minimum(np.searchsorted(-falling, -counts), len(counts) - 1)]
    band = np.minimum(mass * N_BANDS // max(int(falling.sum()), 1), N_BANDS - 1)
    own = named[:N_NAMED]
    band[own[own < len(counts)]] = N_BANDS + np.flatnonzero(own < len(counts))
    kept = np.flatnonzero(~is_named | (band >= N_BANDS))
    shape = (len(counts), N_BANDS + len(own))
    return sparse.csr_array((np.ones(len(kept)), (kept, band[kept])), shape=shape)


def _company(counts: sparse.csr_array, bands: sparse.csr_array) -> list[Array]:
    """Describe each token's neighbours: shares of the bands, concentration, number of kinds, and the token itself."""
    n_neighbours = counts.sum(axis=1)
    in_bands = (counts @ bands).toarray()
    average = in_bands.sum(axis=0) / max(in_bands.sum(), 1)
    shares = (in_bands + PRIOR * average) / (in_bands.sum(axis=1, keepdims=True) + PRIOR)
    own_share = 1 / np.maximum(n_neighbours, 1)
    concentration = counts.multiply(counts).sum(axis=1) * own_share**2 + own_share
    n_distinct = np.diff(counts.indptr)
    twice = (counts.diagonal() + 0.5) / (n_neighbours + 5)
    return [*np.sqrt(shares).T, np.log(concentration), np.log((n_distinct + 1) / (n_neighbours + 1)), np.log(twice)]
