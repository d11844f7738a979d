"""How alike the members are."""

import numpy as np

from pipeline.fusion.blocks import check_probs
from pipeline.metrics.arrays import FloatArray


def member_similarity(probs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two symmetric matrices [M, M] for the members of `probs` [M, N, C].

    `agreement`: the share of rows in which two members have the same most probable class (the lowest
    index where several are equal). `correlation`: Pearson's, over all rows and classes; 0 with a member
    whose values are all equal, and 1 on the diagonal. Raises ValueError for wrong shapes or values.
    """
    probs = check_probs(probs)
    votes = probs.argmax(axis=2)
    agreement = np.stack([(votes == member).mean(axis=1) for member in votes])
    deviations = np.stack([member.ravel() - member.mean(dtype=np.float64) for member in probs])
    covariance = deviations @ deviations.T
    scale = np.sqrt(np.diag(covariance))
    products = np.outer(scale, scale)
    correlation = np.divide(covariance, products, out=np.zeros_like(covariance), where=products > 0)
    np.fill_diagonal(correlation, 1)
    return agreement, np.clip(correlation, -1, 1)
