"""A part of the training rows to stop on, so that the held-out fold stays unseen."""

import numpy as np
from numpy.typing import NDArray


def inner_split(
    label_ids: NDArray[np.integer], rows: NDArray[np.integer], share: float, seed: int
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Split `rows` by class: → (rows to train on, rows to stop on), both sorted.

    Of each class, `share` of its rows (rounded) goes to the second part; a class of one row stays in training.
    """
    rng = np.random.default_rng(seed)
    stop: list[NDArray[np.integer]] = []
    for label in np.unique(label_ids[rows]):
        of_class = rng.permutation(rows[label_ids[rows] == label])
        stop.append(of_class[: min(round(len(of_class) * share), len(of_class) - 1)])
    held = np.sort(np.concatenate(stop))
    return np.setdiff1d(rows, held), held
