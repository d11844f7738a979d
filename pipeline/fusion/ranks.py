"""The rank of each class in its row: 0 is the most probable class, equal values share their mean rank.

Ranks are kept doubled, so that mean ranks of ties are integers and sums of them exact.
"""

import numpy as np

from pipeline.metrics.arrays import FloatArray, IntArray


def doubled_ranks(scores: FloatArray) -> IntArray:
    """Twice the mean rank [N, C] of every class in its row of `scores` [N, C]."""
    by_class = np.ascontiguousarray(scores.T)  # one class a line: every comparison runs along the rows
    ranks = np.zeros(by_class.shape, dtype=np.int16)  # enough for 16,000 classes
    for label in range(1, len(by_class)):
        before, own = by_class[:label], by_class[label]
        ahead = (before > own).view(np.int8) + (before >= own).view(np.int8)  # 0 below, 1 equal, 2 above
        ranks[label] += ahead.sum(axis=0, dtype=np.int16)
        ranks[:label] += 2 - ahead
    return np.ascontiguousarray(ranks.T)


def doubled_ranks_of(scores: FloatArray, rows: IntArray, classes: IntArray) -> IntArray:
    """`doubled_ranks(scores)[rows, classes]` [P] for a few (row, class) pairs, without sorting."""
    others = scores[rows].T  # [C, P]: the count below then runs along the long axis
    own = scores[rows, classes]
    above: IntArray = np.count_nonzero(others > own, axis=0)
    not_below: IntArray = np.count_nonzero(others >= own, axis=0)
    return above + not_below - 1
