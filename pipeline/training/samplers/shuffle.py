"""Every row once."""

import numpy as np
from numpy.typing import NDArray


def shuffle(rows: NDArray[np.integer], label_ids: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.integer]:
    """The rows as they are: making batches shuffles them."""
    return rows
