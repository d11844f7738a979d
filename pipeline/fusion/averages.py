"""Averages over members: of their probabilities, of the logarithms of these, and of the ranks of classes."""

from functools import partial

import numpy as np

from pipeline.fusion.blocks import map_blocks
from pipeline.fusion.checks import Members, check_members, check_weights
from pipeline.fusion.kernels import doubled_ranks
from pipeline.fusion.rule import FixedRule, Rule
from pipeline.fusion.softmax import softmax
from pipeline.metrics.arrays import FloatArray

FLOOR = 1e-15  # a probability of 0 would otherwise be one member's veto on a class, and a logarithm of 0


def probability_average(probs: Members, weights: FloatArray | None = None, mean: str = "arithmetic") -> FloatArray:
    """Average members' probabilities `probs` [M, N, C], or M arrays [N, C]: → [N, C], by arithmetic or geometric mean.

    `weights` [M] weigh the members. The geometric mean is scaled so that rows sum to one; in it
    probabilities below 1e-15 count as 1e-15. Rows are read in blocks. Raises ValueError for wrong shapes, or rows
    that are not probabilities.
    """
    if mean not in ("arithmetic", "geometric"):
        raise ValueError(f"mean is {mean!r}; arithmetic or geometric is allowed")
    members = check_members(probs)
    weights = check_weights(weights, len(members))
    fused = np.empty(members[0].shape)
    for rows, own in map_blocks(
        lambda block: mean_probabilities(block.members, weights, mean), members, distributions=True
    ):
        fused[rows] = own
    return fused


def mean_probabilities(members: FloatArray, weights: FloatArray, mean: str = "arithmetic") -> FloatArray:
    """Average the probabilities of one block's rows as `probability_average` does, members [M, B, C] → [B, C]."""
    total = np.zeros(members.shape[1:])
    for member, share in zip(members, weights / weights.sum(), strict=True):
        values = member.astype(np.float64)
        total += share * (values if mean == "arithmetic" else np.log(np.maximum(values, FLOOR)))
    return total if mean == "arithmetic" else softmax(total)


def probability_average_rule() -> Rule:
    """Make the rule `probability_average` of params: the arithmetic mean with equal weights."""
    return FixedRule(probability_average)


def geometric_average_rule() -> Rule:
    """Make the rule `geometric_average` of params: the geometric mean with equal weights."""
    return FixedRule(partial(probability_average, mean="geometric"))


def rank_average(probs: Members, weights: FloatArray | None = None) -> FloatArray:
    """Return scores [N, C] in [0, 1], larger is better: 1 for a class that every member puts first, 0 for last.

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
    """Score one block's rows as `rank_average` does, members [M, B, C] → [B, C]."""
    total = np.zeros(members.shape[1:])
    for member, weight in zip(members, weights, strict=True):
        if weight > 0:
            total += weight * doubled_ranks(member)
    worst = 2 * (len(total[0]) - 1) * weights.sum()
    scores: FloatArray = np.clip(1 - total / worst, 0, 1)
    return scores


def rank_average_rule() -> Rule:
    """Make the rule `rank_average` of params: `rank_average` with equal weights."""
    return FixedRule(rank_average)
