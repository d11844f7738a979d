"""Checks of the arrays that come into fusion. Shapes: M members, N rows, C classes."""

import numpy as np

from pipeline.metrics.arrays import FloatArray

ROW_SUM_TOLERANCE = 1e-3  # probabilities that were stored as float16 still pass


def check_probs(probs: FloatArray, distributions: bool = False) -> FloatArray:
    """Return `probs` as a float array [M, N, C].

    Raises ValueError unless it has three dimensions, M, N >= 1, C >= 2 and finite values; with
    `distributions` also unless its rows are probabilities: no negative value, and a sum of one.
    """
    probs = np.asarray(probs)
    if probs.ndim != 3 or 0 in probs.shape or probs.shape[2] < 2:
        raise ValueError(f"probs has shape {probs.shape}; [members, rows, classes] with 2 or more classes is needed")
    if not np.issubdtype(probs.dtype, np.floating):
        probs = probs.astype(np.float64)
    lowest, highest = probs.min(), probs.max()
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise ValueError(f"probs of member {_first_member(~np.isfinite(probs))} holds values that are not finite")
    if distributions:
        bad = np.abs(probs @ np.ones(probs.shape[2], probs.dtype) - 1) > ROW_SUM_TOLERANCE
        if lowest < 0 or bad.any():
            member = _first_member(probs < 0) if lowest < 0 else _first_member(bad)
            raise ValueError(
                f"probs of member {member} are not probabilities: they must be at least 0 and each row must "
                "sum to 1; pass logits through `softmax` first"
            )
    return probs


def check_weights(weights: FloatArray | None, n_members: int) -> FloatArray:
    """Return member weights [M] as float64, ones for None; ValueError if negative, not finite or all zero."""
    if weights is None:
        return np.ones(n_members)
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (n_members,):
        raise ValueError(f"weights has shape {weights.shape}; one weight for each of {n_members} members is needed")
    if not np.isfinite(weights).all() or weights.min() < 0 or weights.max() == 0:
        raise ValueError(f"weights is {weights.tolist()}; finite, not negative, and not all 0 is needed")
    return weights


def _first_member(bad: np.ndarray) -> int:
    return int(np.argmax(bad.reshape(len(bad), -1).any(axis=1)))
