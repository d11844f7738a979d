"""Majority voting. Shapes: M members, N rows, C classes, B rows of a block."""

from functools import partial

import numpy as np

from pipeline.fusion.blocks import Block, map_blocks
from pipeline.fusion.checks import Members, check_members, check_weights
from pipeline.fusion.ties import TIES
from pipeline.fusion.votes import find_ties, settle_ties
from pipeline.metrics.arrays import FloatArray, IntArray

OF_PROBABILITIES = ("probability", "winners_probability")  # ties that logits cannot break


def vote(probs: Members, tie: str = "rank", weights: FloatArray | None = None) -> IntArray:
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
    work = partial(elect, weights=weights, tie=tie)
    for rows, own in map_blocks(work, voters, distributions=tie in OF_PROBABILITIES):
        labels[rows] = own
    return labels


def check_voters(probs: Members, tie: str, weights: FloatArray | None) -> tuple[Members, FloatArray]:
    """The members [N, C] whose weight is not 0, and their weights [M']."""
    if tie not in TIES:
        raise ValueError(f"tie is {tie!r}; one of {', '.join(TIES)} is allowed")
    members = check_members(probs)
    weights = check_weights(weights, len(members))
    taken = np.flatnonzero(weights)
    if len(taken) < len(weights):
        members = [members[index] for index in taken.tolist()]
    return members, weights[taken]


def elect(block: Block, weights: FloatArray, tie: str) -> IntArray:
    """The winning class of each row of a block [B]."""
    labels, rows, classes = find_ties(block.votes, weights, block.members.shape[2])
    settle_ties(labels, rows, classes, TIES[tie](block.members, block.votes, weights, rows, classes))
    return labels
