"""The inner loops of fusion, compiled: votes, their counts and ties, and the rank of each class in its row.

Rank 0 is the most probable class; equal values share their mean rank. Ranks are kept doubled, so that mean ranks of
ties are integers and sums of them exact.

Shapes: M members, B rows, C classes, P pairs of a row and a class.
"""

import numpy as np

from pipeline.metrics.arrays import FloatArray, IntArray
from pipeline.runtime.compiled import compiled

EQUAL = 1e-9  # relative: shares of the vote that differ by less are tied, 0.1 + 0.2 and 0.3 are


@compiled
def find_votes(scores: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the class of each row's largest score, of `scores` [M, B, C], the lowest where several are equal [M, B].

    Returns also the rows' sums [M, B], which are not finite where a value is not.

    And the rows' sums [M, B], which are not finite where a value is not.
    """
    n_members, n_rows, n_classes = scores.shape
    votes = np.empty((n_members, n_rows), dtype=np.int32)
    sums = np.empty((n_members, n_rows))
    half = n_classes // 2
    for m in range(n_members):
        for i in range(n_rows):
            row = scores[m, i]
            low, high = row[0], row[half]
            low_sum, high_sum = low, high
            low_label, high_label = 0, half
            for c in range(1, half):  # two halves at a time: neither comparison waits for the other
                value = row[c]
                low_sum += value
                if value > low:
                    low, low_label = value, c
                value = row[half + c]
                high_sum += value
                if value > high:
                    high, high_label = value, half + c
            if n_classes % 2:
                value = row[n_classes - 1]
                high_sum += value
                if value > high:
                    high, high_label = value, n_classes - 1
            votes[m, i] = high_label if high > low else low_label
            sums[m, i] = low_sum + high_sum
    return votes, sums


@compiled
def count_votes(votes: IntArray, weights: FloatArray, n_classes: int) -> FloatArray:
    """Count the votes [B, C] that each class got, from votes [M, B] and weights [M]."""
    n_members, n_rows = votes.shape
    counts = np.zeros((n_rows, n_classes))
    for m in range(n_members):
        for i in range(n_rows):
            counts[i, votes[m, i]] += weights[m]
    return counts


@compiled
def find_ties(votes: IntArray, weights: FloatArray, n_classes: int) -> tuple[IntArray, IntArray, IntArray]:
    """Find the lowest class with the most votes in each row [B], and the rows [P] and classes [P] of every tie."""
    n_members, n_rows = votes.shape
    margin = EQUAL * weights.sum()
    labels = np.empty(n_rows, dtype=np.int64)
    rows = np.empty(n_rows * min(n_members, n_classes) + 1, dtype=np.int64)
    classes = np.empty(len(rows), dtype=np.int64)
    own = np.empty(n_members, dtype=np.int64)
    counts = np.zeros(n_classes)
    n_pairs = 0
    for i in range(n_rows):
        most = 0.0
        for m in range(n_members):
            own[m] = votes[m, i]
            counts[own[m]] += weights[m]
        for m in range(n_members):
            most = max(most, counts[own[m]])
        first_of_row = n_pairs
        for c in range(n_classes):
            if counts[c] >= most - margin:
                rows[n_pairs], classes[n_pairs] = i, c
                n_pairs += 1
            counts[c] = 0.0
        labels[i] = classes[first_of_row]
        if n_pairs == first_of_row + 1:  # one class alone has most: no tie
            n_pairs -= 1
    return labels, rows[:n_pairs], classes[:n_pairs]


@compiled
def settle_ties(labels: IntArray, rows: IntArray, classes: IntArray, figures: FloatArray) -> None:
    """In place, give every tied row the class with the largest of its `figures` [P], the first where several are equal.

    Figures that differ by less than a billionth are equal: sums of the same terms, scaled or in another order.
    `labels` [B] and the pairs are those of `find_ties`.
    """
    best = 0.0
    for pair in range(len(rows)):
        is_first = pair == 0 or rows[pair] != rows[pair - 1]
        if is_first or figures[pair] > best + EQUAL * abs(best):
            best = figures[pair]
            labels[rows[pair]] = classes[pair]


LANES = 32  # rows that are ranked side by side, so that every comparison is one of vectors


@compiled
def doubled_ranks(scores: FloatArray) -> IntArray:
    """Compute twice the mean rank [N, C] of every class in its row of `scores` [N, C]."""
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
    """Compute `doubled_ranks` of M members' `scores` [M, B, C] for a few (row, class) pairs alone [M, P]."""
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
