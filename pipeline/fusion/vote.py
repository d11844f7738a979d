"""Majority voting. Shapes: M members, N rows, C classes."""

import numpy as np

from pipeline.fusion.checks import check_probs, check_weights
from pipeline.fusion.ties import TIES
from pipeline.metrics.arrays import BoolArray, FloatArray, IntArray

EQUAL = 1e-9  # shares of the vote that differ by less are tied: 0.1 + 0.2 against 0.3 is a tie


def vote(probs: FloatArray, tie: str = "rank", weights: FloatArray | None = None) -> IntArray:
    """The class with the most votes in each row [N].

    Each member of `probs` [M, N, C] votes for its most probable class, the lowest index where several are
    equal. `weights` [M] are votes per member; one of 0 does not take part. Where classes tie for the most
    votes, `tie` chooses among them:

    - `first`: the first member, in the order given, that voted for one of them;
    - `probability`: the largest mean probability over all members;
    - `rank`: the lowest mean rank over all members' own orderings of the classes (equal values share a
      mean rank);
    - `winners_probability`: the largest mean probability over the members that voted for the class.

    Means are weighted, too. Classes that are still equal: the lowest index. `first` and `rank` take
    logits as well; the others need probabilities. Raises ValueError for wrong shapes or values.
    """
    probs, weights = check_voters(probs, tie, weights)
    votes = probs.argmax(axis=2)
    counts = count_votes(votes, weights, probs.shape[2])
    return break_ties(probs, votes, weights, counts, tie)


def check_voters(probs: FloatArray, tie: str, weights: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """The checked probs [M', N, C] and weights [M'] of the members whose weight is not 0."""
    if tie not in TIES:
        raise ValueError(f"tie is {tie!r}; one of {', '.join(TIES)} is allowed")
    probs = check_probs(probs, distributions=tie in ("probability", "winners_probability"))
    weights = check_weights(weights, len(probs))
    voters = weights > 0
    return (probs, weights) if voters.all() else (probs[voters], weights[voters])


def count_votes(votes: IntArray, weights: FloatArray, n_classes: int) -> FloatArray:
    """The votes [N, C] that each class got, from votes [M, N] and weights [M]."""
    n_rows = votes.shape[1]
    cells = votes + np.arange(0, n_rows * n_classes, n_classes)
    counts = np.zeros(n_rows * n_classes)
    counts += np.bincount(cells.ravel(), np.repeat(weights, n_rows), minlength=len(counts))
    return counts.reshape(n_rows, n_classes)


def break_ties(probs: FloatArray, votes: IntArray, weights: FloatArray, counts: FloatArray, tie: str) -> IntArray:
    """The winning class of each row [N], given the vote counts [N, C]."""
    labels: IntArray = counts.argmax(axis=1)
    tied = _tied_for_most(counts, weights)
    tied_rows = np.flatnonzero(np.count_nonzero(tied, axis=1) > 1)
    if tied_rows.size:
        index, classes = np.nonzero(tied[tied_rows])
        figures = np.full((len(tied_rows), counts.shape[1]), -np.inf)
        figures[index, classes] = TIES[tie](probs, votes, weights, tied_rows[index], classes)
        labels[tied_rows] = figures.argmax(axis=1)
    return labels


def _tied_for_most(counts: FloatArray, weights: FloatArray) -> BoolArray:
    tied: BoolArray = counts >= counts.max(axis=1, keepdims=True) - EQUAL * weights.sum()
    return tied
