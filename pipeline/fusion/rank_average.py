"""The mean rank of each class over members: the order of a member's classes counts, not its confidence."""

import numpy as np

from pipeline.fusion.blocks import map_blocks
from pipeline.fusion.checks import Members, check_members, check_weights
from pipeline.fusion.ranks import doubled_ranks
from pipeline.fusion.rule import FixedRule, Rule
from pipeline.metrics.arrays import FloatArray


def rank_average(probs: Members, weights: FloatArray | None = None) -> FloatArray:
    """Scores [N, C] in [0, 1], larger is better: 1 for a class that every member puts first, 0 for last.

    `probs`, an array [M, N, C] or M arrays [N, C], are probabilities or logits; equal values in a row share their
    mean rank. `weights` [M] weigh the members. The score is 1 - (weighted mean rank) / (C - 1). Rows are read in
    blocks. Raises ValueError for wrong shapes or values.
    """
    members = check_members(probs)
    weights = check_weights(weights, len(members))
    scores = np.empty(members[0].shape)
    for rows, own in map_blocks(lambda block: rank_scores(block.members, weights), members):
        scores[rows] = own
    return scores


def rank_scores(members: FloatArray, weights: FloatArray) -> FloatArray:
    """`rank_average` of the rows of one block, members [M, B, C]."""
    total = np.zeros(members.shape[1:])
    for member, weight in zip(members, weights, strict=True):
        if weight > 0:
            total += weight * doubled_ranks(member)
    worst = 2 * (len(total[0]) - 1) * weights.sum()
    scores: FloatArray = np.clip(1 - total / worst, 0, 1)
    return scores


def rank_average_rule() -> Rule:
    """The rule `rank_average` of params: `rank_average` with equal weights."""
    return FixedRule(rank_average)
