"""The rank of each class in its row: 0 is the most probable class, equal values share their mean rank.

Ranks are kept doubled, so that mean ranks of ties are integers and sums of them exact.
"""

import numpy as np

from pipeline.metrics.arrays import FloatArray, IntArray
from pipeline.runtime.compiled import compiled

LANES = 32  # rows that are ranked side by side, so that every comparison is one of vectors


@compiled
def doubled_ranks(scores: FloatArray) -> IntArray:
    """Twice the mean rank [N, C] of every class in its row of `scores` [N, C]."""
    n_rows, n_classes = scores.shape
    ranks = np.empty((n_rows, n_classes), dtype=np.int32)
    lines = np.zeros((n_classes, LANES), dtype=scores.dtype)  # one class a line
    line_ranks = np.empty((n_classes, LANES), dtype=np.int32)
    for start in range(0, n_rows, LANES):
        used = min(LANES, n_rows - start)
        for i in range(used):
            for c in range(n_classes):
                lines[c, i] = scores[start + i, c]
        line_ranks[:] = 0
        for c in range(n_classes):
            own, own_ranks = lines[c], line_ranks[c]
            for before in range(c):
                other, other_ranks = lines[before], line_ranks[before]
                for i in range(LANES):
                    ahead = np.int32(other[i] > own[i]) + np.int32(other[i] >= own[i])  # 0 below, 1 equal, 2 above
                    own_ranks[i] += ahead
                    other_ranks[i] += np.int32(2) - ahead
        for i in range(used):
            for c in range(n_classes):
                ranks[start + i, c] = line_ranks[c, i]
    return ranks


@compiled
def ranks_of(scores: FloatArray, rows: IntArray, classes: IntArray) -> IntArray:
    """`doubled_ranks` of M members' `scores` [M, B, C] for a few (row, class) pairs alone [M, P]."""
    n_members, _, n_classes = scores.shape
    ranks = np.empty((n_members, len(rows)), dtype=np.int32)
    row = np.empty(n_classes, dtype=scores.dtype)  # without gaps, so that comparisons are those of vectors
    for m in range(n_members):
        for pair in range(len(rows)):
            if pair == 0 or rows[pair] != rows[pair - 1]:
                for c in range(n_classes):
                    row[c] = scores[m, rows[pair], c]
            own = row[classes[pair]]
            rank = np.int32(-1)
            for c in range(n_classes):
                rank += np.int32(row[c] > own)
                rank += np.int32(row[c] >= own)
            ranks[m, pair] = rank
    return ranks
