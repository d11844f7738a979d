"""The array types of the numpy part of the library, and the checks that several of its functions share."""

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]
BoolArray = npt.NDArray[np.bool_]


def check_labels(labels: IntArray, n_classes: int, name: str) -> IntArray:
    """Return `labels` [N] as an array; raise ValueError unless it is N >= 1 integers in [0, n_classes)."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or labels.size == 0:
        raise ValueError(f"{name} has shape {labels.shape}; one dimension with at least one row is needed")
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{name} has dtype {labels.dtype}; class indices are integers")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise ValueError(f"{name} holds {labels.min()} to {labels.max()}; 0 to {n_classes - 1} is allowed")
    return labels


def check_fold_ids(fold_ids: IntArray, n_rows: int) -> int:
    """Return the number of folds K; raise ValueError unless `fold_ids` [n_rows] uses each of 0 .. K-1, K >= 2."""
    fold_ids = np.asarray(fold_ids)
    if fold_ids.shape != (n_rows,):
        raise ValueError(f"fold_ids has shape {fold_ids.shape}; one fold for each of {n_rows} rows is needed")
    used = np.unique(fold_ids)
    if len(used) < 2 or not np.array_equal(used, np.arange(len(used))):
        raise ValueError(f"fold_ids holds {used.tolist()}; folds 0, 1, ... without a gap are needed")
    return len(used)
