"""The mean rank of each class over members: the order of a member's classes counts, not its confidence."""

import numpy as np

from pipeline.fusion.checks import check_probs, check_weights
from pipeline.fusion.ranks import doubled_ranks
from pipeline.fusion.rule import FixedRule, Rule
from pipeline.metrics.arrays import FloatArray


def rank_average(probs: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Scores [N, C] in [0, 1], larger is better: 1 for a class that every member puts first, 0 for last.

    `probs` [M, N, C] are probabilities or logits; equal values in a row share their mean rank. `weights`
    [M] weigh the members. The score is 1 - (weighted mean rank) / (C - 1). Raises ValueError for wrong
    shapes or values.
    """
    probs = check_probs(probs)
    weights = check_weights(weights, len(probs))
    total = np.zeros(probs.shape[1:])
    for member, weight in zip(probs, weights, strict=True):
        if weight > 0:
            total += weight * doubled_ranks(member)
    worst = 2 * (probs.shape[2] - 1) * weights.sum()
    scores: FloatArray = np.clip(1 - total / worst, 0, 1)
    return scores


def rank_average_rule() -> Rule:
    """The rule `rank_average` of params: `rank_average` with equal weights."""
    return FixedRule(rank_average)
