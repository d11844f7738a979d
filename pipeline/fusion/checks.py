"""Checks of the arrays that come into fusion. Shapes: M members, N rows, C classes, B rows of a block."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from pipeline.metrics.arrays import FloatArray

Members: TypeAlias = FloatArray | Sequence[FloatArray]  # one array [M, N, C], or M arrays [N, C]

ROW_SUM_TOLERANCE = 1e-3  # probabilities that were stored as float16 still pass


def check_members(probs: Members) -> Members:
    """Return `probs`, an array [M, N, C] or M arrays [N, C], with its shape checked; nothing is copied.

    Raises ValueError unless M, N >= 1, C >= 2 and all members have one shape. Values are not looked at.
    """
    members = probs if isinstance(probs, np.ndarray) else [np.asarray(member) for member in probs]
    if isinstance(members, np.ndarray):
        shapes = [members.shape]
    else:
        shapes = sorted({(len(members), *member.shape) for member in members})
    if len(shapes) != 1 or len(shapes[0]) != 3 or min(shapes[0]) < 1 or shapes[0][2] < 2:
        found = " and ".join(map(str, shapes)) or "(0,)"
        raise ValueError(f"probs has shape {found}; [members, rows, classes] with 2 or more classes is needed")
    return members


def check_block(values: FloatArray, sums: FloatArray, distributions: bool) -> None:
    """Raise ValueError unless the `values` [M, B, C], with the row sums [M, B], are finite.

    With `distributions` also unless they are probabilities: no negative value, and rows that sum to one.
    """
    for index in np.flatnonzero(~np.isfinite(sums).all(axis=1)).tolist():  # a sum of large logits may be infinite, too
        if not np.isfinite(values[index]).all():
            raise ValueError(f"probs of member {index} holds values that are not finite")
    if distributions and (np.abs(sums - 1).max() > ROW_SUM_TOLERANCE or values.min() < 0):
        wrong = (np.abs(sums - 1).max(axis=1) > ROW_SUM_TOLERANCE) | (values.min(axis=(1, 2)) < 0)
        raise ValueError(
            f"probs of member {wrong.argmax()} are not probabilities: they must be at least 0 and each row must "
            "sum to 1; pass logits through `softmax` first"
        )


def check_weights(weights: FloatArray | None, n_members: int) -> FloatArray:
    """Return member weights [M] as float64, ones for None; raise ValueError if negative, not finite or all zero."""
    if weights is None:
        return np.ones(n_members)
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (n_members,):
        raise ValueError(f"weights has shape {weights.shape}; one weight for each of {n_members} members is needed")
    with np.errstate(over="ignore"):
        is_finite = np.isfinite(weights.sum())
    if not is_finite or weights.min() < 0 or weights.max() == 0:
        raise ValueError(f"weights is {weights.tolist()}; not negative, not all 0, and a finite sum is needed")
    return weights
