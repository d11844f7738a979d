"""The softmax, which turns logits into probabilities."""

import numpy as np

from pipeline.metrics.arrays import FloatArray


def softmax(logits: FloatArray, axis: int = -1) -> FloatArray:
    """Compute exp(logits) / sum(exp(logits)) along `axis`, without overflow; the result is float64.

    Raises ValueError if a logit is not finite.
    """
    logits = np.asarray(logits, dtype=np.float64)
    if not np.isfinite(logits).all():
        raise ValueError("logits holds values that are not finite")
    exps = np.exp(logits - logits.max(axis=axis, keepdims=True))
    probs: FloatArray = exps / exps.sum(axis=axis, keepdims=True)
    return probs
