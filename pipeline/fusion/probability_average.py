"""The mean probability of each class over the members (linear and logarithmic opinion pools)."""

from functools import partial

import numpy as np

from pipeline.fusion.checks import check_probs, check_weights
from pipeline.fusion.rule import FixedRule, Rule
from pipeline.fusion.softmax import softmax
from pipeline.metrics.arrays import FloatArray

FLOOR = 1e-15  # a probability of 0 would otherwise be one member's veto on a class, and a logarithm of 0


def probability_average(probs: FloatArray, weights: FloatArray | None = None, mean: str = "arithmetic") -> FloatArray:
    """Probabilities [N, C]: the arithmetic or geometric mean of `probs` [M, N, C] over members.

    `weights` [M] weigh the members. The geometric mean is scaled so that rows sum to one; in it
    probabilities below 1e-15 count as 1e-15. Raises ValueError for wrong shapes, or rows that are not
    probabilities.
    """
    if mean not in ("arithmetic", "geometric"):
        raise ValueError(f"mean is {mean!r}; arithmetic or geometric is allowed")
    probs = check_probs(probs, distributions=True)
    weights = check_weights(weights, len(probs))
    shares = weights / weights.sum()
    total = np.zeros(probs.shape[1:])
    for member, share in zip(probs, shares, strict=True):
        values = member.astype(np.float64)
        total += share * (values if mean == "arithmetic" else np.log(np.maximum(values, FLOOR)))
    return total if mean == "arithmetic" else softmax(total)


def probability_average_rule() -> Rule:
    """The rule `probability_average` of params: the arithmetic mean with equal weights."""
    return FixedRule(probability_average)


def geometric_average_rule() -> Rule:
    """The rule `geometric_average` of params: the geometric mean with equal weights."""
    return FixedRule(partial(probability_average, mean="geometric"))
