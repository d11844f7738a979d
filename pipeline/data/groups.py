"""Groups of rows that belong together, whatever it is that ties them."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def is_given(value: object) -> bool:
    """Say whether a value is given: a string that is not blank."""
    return isinstance(value, str) and bool(value.strip())


def group_values(values: Iterable[object]) -> NDArray[np.int64]:
    """Number the distinct strings in order of first appearance, white space around them aside: [N] → [N].

    A row whose value is missing or blank is a group of its own.
    """
    keys = [str(value).strip() if is_given(value) else row for row, value in enumerate(values)]
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def merge_groups(groupings: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Join those groups of several groupings [N] that share a row: → [N], numbered by first appearance."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n_rows = len(groupings[0])
    if len(groupings) == 1:
        return pd.factorize(groupings[0])[0].astype(np.int64)
    numbered = [np.unique(grouping, return_inverse=True)[1] for grouping in groupings]
    starts = n_rows + np.cumsum([0, *(int(numbers.max()) + 1 for numbers in numbered)])
    groups = np.concatenate([numbers + start for numbers, start in zip(numbered, starts[:-1], strict=True)])
    rows = np.tile(np.arange(n_rows), len(groupings))
    # Rows and groups are the nodes, belonging the edges.
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, groups)), shape=(starts[-1], starts[-1]))
    _, components = connected_components(graph, directed=False)
    joined: NDArray[np.int64] = pd.factorize(components[:n_rows])[0].astype(np.int64)
    return joined
