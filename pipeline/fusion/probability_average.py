"""The mean probability of each class over the members (linear and logarithmic opinion pools)."""

from functools import partial

import numpy as np

from pipeline.fusion.blocks import map_blocks
from pipeline.fusion.checks import Members, check_members, check_weights
from pipeline.fusion.rule import FixedRule, Rule
from pipeline.fusion.softmax import softmax
from pipeline.metrics.arrays import FloatArray

FLOOR = 1e-15  # a probability of 0 would otherwise be one member's veto on a class, and a logarithm of 0


def probability_average(probs: Members, weights: FloatArray | None = None, mean: str = "arithmetic") -> FloatArray:
    """Probabilities [N, C]: the arithmetic or geometric mean over members of `probs` [M, N, C], or M arrays [N, C].

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
    """`probability_average` of the rows of one block, members [M, B, C]."""
    total = np.zeros(members.shape[1:])
    for member, share in zip(members, weights / weights.sum(), strict=True):
        values = member.astype(np.float64)
        total += share * (values if mean == "arithmetic" else np.log(np.maximum(values, FLOOR)))
    return total if mean == "arithmetic" else softmax(total)


def probability_average_rule() -> Rule:
    """The rule `probability_average` of params: the arithmetic mean with equal weights."""
    return FixedRule(probability_average)


def geometric_average_rule() -> Rule:
    """The rule `geometric_average` of params: the geometric mean with equal weights."""
    return FixedRule(partial(probability_average, mean="geometric"))
