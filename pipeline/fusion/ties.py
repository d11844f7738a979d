"""How a vote's ties are broken: for each tied class of a row, a figure; the largest wins.

Every function takes members [M, B, C], votes [M, B], member weights [M] and P pairs (rows [P], classes
[P]), one for each tied class of each tied row, and returns the pairs' figures [P]. All but `first` return
the same bits whatever the order of the members: contributions are sorted before they are added.
"""

from collections.abc import Callable

import numpy as np

from pipeline.fusion.ranks import ranks_of
from pipeline.metrics.arrays import FloatArray, IntArray

TieBreak = Callable[[FloatArray, IntArray, FloatArray, IntArray, IntArray], FloatArray]


def first(members: FloatArray, votes: IntArray, weights: FloatArray, rows: IntArray, classes: IntArray) -> FloatArray:
    """Larger for the class that an earlier member voted for."""
    position: IntArray = np.argmax(votes[:, rows] == classes, axis=0)
    return -position.astype(np.float64)


def probability(
    members: FloatArray, votes: IntArray, weights: FloatArray, rows: IntArray, classes: IntArray
) -> FloatArray:
    """The weighted sum of the class's probability over all members."""
    return _sum_over_members(_values(members, rows, classes), weights)


def winners_probability(
    members: FloatArray, votes: IntArray, weights: FloatArray, rows: IntArray, classes: IntArray
) -> FloatArray:
    """The weighted sum of the class's probability over the members that voted for it."""
    return _sum_over_members(_values(members, rows, classes) * (votes[:, rows] == classes), weights)


def rank(members: FloatArray, votes: IntArray, weights: FloatArray, rows: IntArray, classes: IntArray) -> FloatArray:
    """Minus the weighted sum of the class's rank in every member's own ordering of the row."""
    ranks = ranks_of(members, rows, classes)
    if (weights == weights[0]).all():
        exact: FloatArray = -weights[0] * ranks.sum(axis=0)  # a sum of integers has no order
        return exact
    return -_sum_over_members(ranks, weights)


TIES: dict[str, TieBreak] = {
    "first": first,
    "probability": probability,
    "rank": rank,
    "winners_probability": winners_probability,
}


def _values(members: FloatArray, rows: IntArray, classes: IntArray) -> FloatArray:
    values: FloatArray = members[:, rows, classes]
    return values


def _sum_over_members(values: FloatArray | IntArray, weights: FloatArray) -> FloatArray:
    total: FloatArray = np.sort(values * weights[:, None], axis=0).sum(axis=0)
    return total
