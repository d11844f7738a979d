"""Majority voting. Shapes: M members, N rows, C classes, B rows of a block."""

from collections.abc import Sequence

import numpy as np

from pipeline.fusion.blocks import Block, read_blocks
from pipeline.fusion.checks import check_members, check_weights
from pipeline.fusion.ties import TIES
from pipeline.fusion.votes import count_votes
from pipeline.metrics.arrays import BoolArray, FloatArray, IntArray

EQUAL = 1e-9  # shares of the vote that differ by less are tied: 0.1 + 0.2 against 0.3 is a tie
OF_PROBABILITIES = ("probability", "winners_probability")  # ties that logits cannot break


def vote(probs: FloatArray | Sequence[FloatArray], tie: str = "rank", weights: FloatArray | None = None) -> IntArray:
    """The class with the most votes in each row [N].

    Each member of `probs`, an array [M, N, C] or M arrays [N, C], votes for its most probable class, the lowest
    index where several are equal. `weights` [M] are votes per member; one of 0 does not take part. Where classes
    tie for the most votes, `tie` chooses among them:

    - `first`: the first member, in the order given, that voted for one of them;
    - `probability`: the largest mean probability over all members;
    - `rank`: the lowest mean rank over all members' own orderings of the classes (equal values share a
      mean rank);
    - `winners_probability`: the largest mean probability over the members that voted for the class.

    Means are weighted, too. Classes that are still equal: the lowest index. `first` and `rank` take
    logits as well; the others need probabilities. Rows are read in blocks, so that memory-mapped files stay on disk.
    Raises ValueError for wrong shapes or values.
    """
    voters, weights = check_voters(probs, tie, weights)
    labels = np.empty(len(voters[0]), dtype=np.int64)
    for block in read_blocks(voters, distributions=tie in OF_PROBABILITIES):
        counts = count_votes(block.votes, weights, voters[0].shape[1])
        labels[block.rows] = break_ties(block, weights, counts, tie)
    return labels


def check_voters(
    probs: FloatArray | Sequence[FloatArray], tie: str, weights: FloatArray | None
) -> tuple[list[FloatArray], FloatArray]:
    """The members [N, C] whose weight is not 0, and their weights [M']."""
    if tie not in TIES:
        raise ValueError(f"tie is {tie!r}; one of {', '.join(TIES)} is allowed")
    members = check_members(probs)
    weights = check_weights(weights, len(members))
    taken = np.flatnonzero(weights)
    return [members[index] for index in taken], weights[taken]


def break_ties(block: Block, weights: FloatArray, counts: FloatArray, tie: str) -> IntArray:
    """The winning class of each row [B], given the vote counts [B, C]."""
    labels: IntArray = counts.argmax(axis=1)
    tied = _tied_for_most(counts, weights)
    tied_rows = np.flatnonzero(np.count_nonzero(tied, axis=1) > 1)
    if tied_rows.size:
        index, classes = np.nonzero(tied[tied_rows])
        figures = np.full((len(tied_rows), counts.shape[1]), -np.inf)
        figures[index, classes] = TIES[tie](block.members, block.votes, weights, tied_rows[index], classes)
        labels[tied_rows] = figures.argmax(axis=1)
    return labels


def _tied_for_most(counts: FloatArray, weights: FloatArray) -> BoolArray:
    tied: BoolArray = counts >= counts.max(axis=1, keepdims=True) - EQUAL * weights.sum()
    return tied
