"""The rank of each class in its row: 0 is the most probable class, equal values share their mean rank.

Ranks are kept doubled, so that mean ranks of ties are integers and sums of them exact.
"""

import numpy as np

from pipeline.metrics.arrays import FloatArray, IntArray


def doubled_ranks(scores: FloatArray) -> IntArray:
    """Twice the mean rank [N, C] of every class in its row of `scores` [N, C]."""
    n_classes = scores.shape[1]
    order = np.argsort(-scores, axis=1, kind="stable")
    ordered = np.take_along_axis(scores, order, axis=1)
    changes = ordered[:, 1:] != ordered[:, :-1]
    positions = np.arange(n_classes)
    first = np.zeros(scores.shape, dtype=np.int64)
    first[:, 1:] = np.where(changes, positions[1:], 0)
    np.maximum.accumulate(first, axis=1, out=first)
    last = np.full(scores.shape, n_classes - 1, dtype=np.int64)
    last[:, :-1] = np.where(changes, positions[:-1], n_classes - 1)
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(scores.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, first + last, axis=1)
    return ranks


def doubled_ranks_of(scores: FloatArray, rows: IntArray, classes: IntArray) -> IntArray:
    """`doubled_ranks(scores)[rows, classes]` [P] for a few (row, class) pairs, without sorting."""
    others = scores[rows].T  # [C, P]: the count below then runs along the long axis
    own = scores[rows, classes]
    above: IntArray = np.count_nonzero(others > own, axis=0)
    not_below: IntArray = np.count_nonzero(others >= own, axis=0)
    return above + not_below - 1
