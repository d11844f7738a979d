"""Rows with exactly the same text: groups of them, conflicting labels within a group, texts that are in two files."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

RULES = ("keep", "majority", "drop")


def group_texts(texts: Sequence[str]) -> NDArray[np.int64]:
    """Number the distinct texts in order of first appearance: [N] → [N]; equal texts share one."""
    numbers, _ = pd.factorize(np.array(texts, dtype=object))
    return numbers.astype(np.int64)


def find_conflicts(labels: NDArray[np.int32], groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which rows belong to a group whose rows do not all have one label: [N], [N] → [N]."""
    n_labels = pd.Series(labels).groupby(groups).transform("nunique")
    return n_labels.to_numpy() > 1


def resolve_conflicts(
    labels: NDArray[np.int32], groups: NDArray[np.int64], rule: str
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Apply a rule to groups whose rows have different labels: → labels [N], which rows to keep [N].

    - `keep`: every row as it is. One text then counts for several classes, as it does in the file.
    - `majority`: all rows of the group get its most frequent label; of equally frequent ones, the one that
      comes first.
    - `drop`: no row of such a group is kept.

    Raises ValueError for another rule.
    """
    conflicting = find_conflicts(labels, groups)
    every_row = np.ones(len(labels), dtype=np.bool_)
    if rule == "keep":
        return labels, every_row
    if rule == "majority":
        return _take_majority(labels, groups, conflicting), every_row
    if rule == "drop":
        return labels, ~conflicting
    raise ValueError(f"no rule {rule!r} for conflicting labels; known: {', '.join(RULES)}")


def count_shared(texts: Sequence[str], others: Sequence[str]) -> int:
    """How many of the texts also stand among the others."""
    known = set(others)
    return sum(text in known for text in texts)


def _take_majority(
    labels: NDArray[np.int32], groups: NDArray[np.int64], conflicting: NDArray[np.bool_]
) -> NDArray[np.int32]:
    resolved = labels.copy()
    rows = np.flatnonzero(conflicting)
    rows = rows[np.argsort(groups[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(groups[rows])) + 1
    for group in np.split(rows, starts) if len(rows) else []:
        names, first, counts = np.unique(labels[group], return_index=True, return_counts=True)
        resolved[group] = names[np.lexsort((first, -counts))[0]]
    return resolved
