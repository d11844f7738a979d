"""The rank of each class in its row: 0 is the most probable class, equal values share their mean rank.

Ranks are kept doubled, so that mean ranks of ties are integers and sums of them exact.
"""

import numpy as np

from pipeline.metrics.arrays import FloatArray, IntArray
from pipeline.runtime.compiled import compiled


@compiled
def doubled_ranks(scores: FloatArray) -> IntArray:
    """Twice the mean rank [N, C] of every class in its row of `scores` [N, C]."""
    n_rows, n_classes = scores.shape
    ranks = np.empty((n_rows, n_classes), dtype=np.int32)
    for i in range(n_rows):
        row, own = scores[i], ranks[i]
        own[:] = -1  # a class is never ahead of itself, and equal to itself
        for other in range(n_classes):
            value = row[other]
            for c in range(n_classes):
                own[c] += np.int32(value > row[c]) + np.int32(value >= row[c])
    return ranks


@compiled
def fill_ranks_of(scores: FloatArray, rows: IntArray, classes: IntArray, ranks: IntArray) -> None:
    """Fill `ranks` [P] with `doubled_ranks(scores)[rows, classes]`, for a few (row, class) pairs."""
    for pair in range(len(rows)):
        row = scores[rows[pair]]
        own = row[classes[pair]]
        rank = np.int32(-1)
        for c in range(len(row)):
            rank += np.int32(row[c] > own) + np.int32(row[c] >= own)
        ranks[pair] = rank
