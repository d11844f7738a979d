"""Whom each row of a member votes for, how many votes each class gets, and which classes got most.

Shapes: M members, B rows, C classes, P pairs of a row and a class.
"""

import numpy as np

from pipeline.metrics.arrays import FloatArray, IntArray
from pipeline.runtime.compiled import compiled

EQUAL = 1e-9  # shares of the vote that differ by less are tied: 0.1 + 0.2 against 0.3 is a tie


@compiled
def find_votes(scores: FloatArray, votes: IntArray, sums: FloatArray) -> None:
    """Fill `votes` [B] with the class of the largest of each row's `scores` [B, C], the lowest where several are equal.

    `sums` [B] is filled with the rows' sums, which are not finite where a value is not.
    """
    n_rows, n_classes = scores.shape
    for i in range(n_rows):
        top = scores[i, 0]
        total = top
        label = 0
        for c in range(1, n_classes):
            value = scores[i, c]
            total += value
            if value > top:
                top = value
                label = c
        votes[i] = label
        sums[i] = total


@compiled
def count_votes(votes: IntArray, weights: FloatArray, n_classes: int) -> FloatArray:
    """The votes [B, C] that each class got, from votes [M, B] and weights [M]."""
    n_members, n_rows = votes.shape
    counts = np.zeros((n_rows, n_classes))
    for m in range(n_members):
        for i in range(n_rows):
            counts[i, votes[m, i]] += weights[m]
    return counts


@compiled
def find_ties(votes: IntArray, weights: FloatArray, n_classes: int) -> tuple[IntArray, IntArray, IntArray]:
    """The lowest class with the most votes in each row [B], and the rows [P] and classes [P] of every tie."""
    n_members, n_rows = votes.shape
    margin = EQUAL * weights.sum()
    labels = np.empty(n_rows, dtype=np.int64)
    rows = np.empty(n_rows * min(n_members, n_classes), dtype=np.int64)
    classes = np.empty(len(rows), dtype=np.int64)
    counts = np.zeros(n_classes)
    n_pairs = 0
    for i in range(n_rows):
        most = 0.0
        for m in range(n_members):
            counts[votes[m, i]] += weights[m]
        for m in range(n_members):
            most = max(most, counts[votes[m, i]])
        first_of_row = n_pairs
        for c in range(n_classes):
            if counts[c] > 0 and counts[c] >= most - margin:
                rows[n_pairs], classes[n_pairs] = i, c
                n_pairs += 1
            counts[c] = 0.0
        labels[i] = classes[first_of_row]
        if n_pairs == first_of_row + 1:
            n_pairs = first_of_row
    return labels, rows[:n_pairs], classes[:n_pairs]


@compiled
def settle_ties(labels: IntArray, rows: IntArray, classes: IntArray, figures: FloatArray) -> None:
    """In place, give every tied row the class with the largest of its `figures` [P], the first where several are equal.

    `labels` [B] and the pairs are those of `find_ties`.
    """
    best = -np.inf
    for pair in range(len(rows)):
        if pair == 0 or rows[pair] != rows[pair - 1]:
            best = -np.inf
        if figures[pair] > best:
            best = figures[pair]
            labels[rows[pair]] = classes[pair]
