"""Rows of rare classes more often."""

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UserError
from pipeline.ranges import NotNegative


def weighted(
    rows: NDArray[np.integer], label_ids: NDArray[np.integer], rng: np.random.Generator, *, power: NotNegative
) -> NDArray[np.integer]:
    """As many rows as there are, drawn with replacement, each with a chance of 1 / (its class's count)^power.

    Counts are those among `rows`. Power 0 draws all rows alike, 1 all classes alike.

    Raises UserError for a negative power.
    """
    if power < 0:
        raise UserError(f"sampler weighted: got power {power}, 0 or more is allowed")
    labels = label_ids[rows]
    chances = np.bincount(labels)[labels] ** -float(power)
    drawn: NDArray[np.integer] = rng.choice(rows, size=len(rows), p=chances / chances.sum())
    return drawn
