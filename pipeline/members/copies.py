"""Changed copies of training rows, which follow their row into training and nowhere else."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def with_copies(
    rows: NDArray[np.integer], copy_of: NDArray[np.integer] | Sequence[int], n_features: int
) -> NDArray[np.integer]:
    """`rows`, then the rows of their copies.

    The last A of `n_features` rows are copies; `copy_of` [A] says of which row each.
    """
    copies = np.flatnonzero(np.isin(np.asarray(copy_of, dtype=np.int64), rows)) + n_features - len(copy_of)
    return np.concatenate([rows, copies])
