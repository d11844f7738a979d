"""Whom each row of a member votes for, and how many votes each class gets."""

import numpy as np

from pipeline.metrics.arrays import FloatArray, IntArray
from pipeline.runtime.compiled import compiled


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


def count_votes(votes: IntArray, weights: FloatArray, n_classes: int) -> FloatArray:
    """The votes [N, C] that each class got, from votes [M, N] and weights [M]."""
    n_rows = votes.shape[1]
    cells = votes + np.arange(0, n_rows * n_classes, n_classes)
    counts = np.zeros(n_rows * n_classes)
    counts += np.bincount(cells.ravel(), np.repeat(weights, n_rows), minlength=len(counts))
    return counts.reshape(n_rows, n_classes)
