"""Coordinate ascent on several samples of the rows, weights averaged in log space.

Coordinate ascent finds the highest point and fits the noise around it; the mean over samples fits less of it (Buehlmann
and Yu 2002, "Analyzing bagging", on samples of half the rows).
"""

import numpy as np

from pipeline.class_weights.coordinate import coordinate
from pipeline.class_weights.objective import normalise
from pipeline.metrics.arrays import FloatArray, IntArray
from pipeline.ranges import AtLeastOne, SomeOf


def bagged_coordinate(
    scores: FloatArray, y: IntArray, seed: int, *, bags: AtLeastOne = 10, share: SomeOf = 0.5
) -> tuple[FloatArray, int]:
    """Class weights [C] and the number of line searches; scores [N, C] >= 0, labels [N].

    Each of the `bags` is a sample of `share` of each class's rows, without replacement, at least one. Raises
    ValueError unless bags >= 1 and 0 < share <= 1.
    """
    if bags < 1 or not 0 < share <= 1:
        raise ValueError(f"bags is {bags} and share is {share}; 1 or more, and a share above 0 up to 1, are allowed")
    rng = np.random.default_rng(seed)
    logs, searches = np.zeros(scores.shape[1]), 0
    for _ in range(bags):
        rows = draw_of_each_class(y, share, rng)
        found, evaluations = coordinate(scores[rows], y[rows], seed)
        logs += np.log(normalise(found)) / bags
        searches += evaluations
    return np.exp(logs), searches


def draw_of_each_class(y: IntArray, share: float, rng: np.random.Generator) -> IntArray:
    """Sorted rows: `share` of every class's, rounded at random so that the mean share is kept, at least one."""
    places = rng.random(len(y))
    order = np.lexsort((places, y))  # class by class, within it at random
    counts = np.bincount(y)
    taken = np.floor(counts * share + rng.random(len(counts))).astype(np.int64)
    taken = np.minimum(np.maximum(taken, 1), counts)
    position = np.arange(len(y)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.sort(order[position < np.repeat(taken, counts)])
