"""Which rows an epoch draws.

`(rows [n], label_ids [N], rng)` → the rows of one epoch, in any order: batches are made of them later. A row may come
several times or not at all; how many come is the same in every epoch, so that the length of training is known.
"""

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UserError
from pipeline.ranges import NotNegative, SomeOf


def shuffle(rows: NDArray[np.integer], label_ids: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.integer]:
    """Return the rows as they are: making batches shuffles them."""
    return rows


def weighted(
    rows: NDArray[np.integer], label_ids: NDArray[np.integer], rng: np.random.Generator, *, power: NotNegative
) -> NDArray[np.integer]:
    """Draw as many rows as there are, with replacement, each with a chance of 1 / (its class's count)^power.

    Counts are those among `rows`. Power 0 draws all rows alike, 1 all classes alike.

    Raises UserError for a negative power.
    """
    if power < 0:
        raise UserError(f"sampler weighted: got power {power}, 0 or more is allowed")
    labels = label_ids[rows]
    chances = np.bincount(labels)[labels] ** -float(power)
    drawn: NDArray[np.integer] = rng.choice(rows, size=len(rows), p=chances / chances.sum())
    return drawn


def oversample(
    rows: NDArray[np.integer], label_ids: NDArray[np.integer], rng: np.random.Generator, *, ratio: SomeOf
) -> NDArray[np.integer]:
    """Return every row once, and rows of small classes again, until each class has `ratio` times the largest's count.

    Which rows come again is drawn with replacement (imbalanced-learn's RandomOverSampler). Classes that have as many
    already are left as they are.

    Raises UserError for a ratio outside (0, 1].
    """
    from imblearn.over_sampling import RandomOverSampler  # type: ignore[import-not-found,import-untyped,unused-ignore]

    if not 0 < ratio <= 1:
        raise UserError(f"sampler oversample: got ratio {ratio}, more than 0 and at most 1 is allowed")
    labels = label_ids[rows]
    counts = np.bincount(labels)
    wanted = math.ceil(round(ratio * int(counts.max()), 6))  # rounded first: 0.07 · 100 is a little above 7
    targets = {int(label): max(int(counts[label]), wanted) for label in np.flatnonzero(counts)}
    if len(targets) < 2:
        return rows  # imbalanced-learn refuses a single class
    sampler = RandomOverSampler(sampling_strategy=targets, random_state=int(rng.integers(2**32)))
    sampler.fit_resample(rows[:, None], labels)
    drawn: NDArray[np.integer] = rows[sampler.sample_indices_]
    return drawn
