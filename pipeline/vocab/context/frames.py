"""Pairs of neighbours as company: `whether _ not` tells a rare word apart that each neighbour alone does not."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pipeline.vocab.context.corpus import OTHER, Corpus
from pipeline.vocab.context.neighbours import positive_pmi, scale_columns, unit_rows
from pipeline.vocab.context.similarity import row_products

Array = npt.NDArray[np.floating[Any]]
Ids = npt.NDArray[np.int64]

FRAMES = ((-1, 1), (-2, -1), (1, 2))  # where the two neighbours stand
SURE = 0.3  # how probable a match is that may stand in a frame


def frame_similarity(corpus: Corpus, plain: Corpus, belief: sparse.csr_array, n: int) -> Array:
    """Compute the cosine of the frames in which tokens stand; both neighbours are matches that are each other's best.

    Args:
        corpus, plain: the two texts.
        belief: [k, l], the probability that token i is plain token j.
        n: how many of the most frequent tokens are compared; fewer where there are fewer.

    Returns:
        [min(n, V), min(n, W)] float32, 0 to 1. Frames that occur on one side only do not count.
    """
    anchors, plain_anchors, weights = mutual_best(belief)
    n_anchors = len(anchors)
    left, right = [], []
    for (tokens, frames), (plain_tokens, plain_frames) in zip(
        _frames(corpus, anchors, n), _frames(plain, plain_anchors, n), strict=True
    ):
        common = np.intersect1d(frames, plain_frames)
        both = np.sqrt(weights[common // n_anchors] * weights[common % n_anchors]) if n_anchors else weights
        left.append(scale_columns(_pmi(tokens, frames, common, min(n, len(corpus.tokens))), both))
        right.append(scale_columns(_pmi(plain_tokens, plain_frames, common, min(n, len(plain.tokens))), both))
    return row_products(unit_rows(sparse.hstack(left, "csr")), unit_rows(sparse.hstack(right, "csr")))


def mutual_best(belief: sparse.csr_array) -> tuple[Ids, Ids, Array]:
    """Find the pairs that are each other's most probable match, surer than SURE: → ids, plain ids, probabilities."""
    best = belief.argmax(axis=1)
    best_of_plain = belief.argmax(axis=0)
    probability = belief.max(axis=1).toarray().ravel()
    rows = np.arange(belief.shape[0])
    kept = np.flatnonzero((best_of_plain[best] == rows) & (probability > SURE))
    return kept, best[kept].astype(np.int64), probability[kept]


def _frames(corpus: Corpus, anchors: Ids, n: int) -> list[tuple[Ids, Ids]]:
    """List, for each of FRAMES, the tokens inside a frame and the frame's number, made of its anchors' places."""
    place = np.full(len(corpus.tokens) + 1, -1, np.int64)  # the last entry is for OTHER
    place[anchors] = np.arange(len(anchors))
    ids, documents, places = corpus.ids, corpus.documents, place[corpus.ids]
    is_compared = (ids != OTHER) & (ids < n)
    found = []
    for first, second in FRAMES:
        here = np.arange(max(0, -first), len(ids) - max(0, second))
        one, other = here + first, here + second
        in_one_document = documents[np.minimum(one, here)] == documents[np.maximum(other, here)]
        kept = is_compared[here] & (places[one] >= 0) & (places[other] >= 0) & in_one_document
        found.append((ids[here[kept]].astype(np.int64), places[one[kept]] * len(anchors) + places[other[kept]]))
    return found


def _pmi(tokens: Ids, frames: Ids, common: Ids, n: int) -> sparse.csr_array:
    is_common = np.isin(frames, common)
    columns = np.searchsorted(common, frames[is_common])
    ones = np.ones(len(columns), np.float32)
    return positive_pmi(sparse.coo_array((ones, (tokens[is_common], columns)), shape=(n, len(common))).tocsr())
