"""What the folds could not give every class, in plain sentences."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def check_folds(
    fold_ids: NDArray[np.integer],
    labels: NDArray[np.integer],
    groups: NDArray[np.integer],
    label_names: Sequence[str],
) -> list[str]:
    """Warnings that name the classes that some fold [R, N] lacks, and of a group too big for a fold.

    `labels` [N] are indices into `label_names` [C]. The number after a class is that of its groups.
    """
    n_folds, n_classes = int(fold_ids.max()) + 1, len(label_names)
    pairs = np.unique(np.stack([labels, groups]), axis=1)
    n_groups = np.bincount(pairs[0], minlength=n_classes)
    no_held_out, no_training = _find_missing(fold_ids, labels, n_folds, n_classes)
    few = f"fewer than {n_folds} different texts (or groups), so some folds hold out none of these classes"
    single = "a single text (or group): the fold that holds it out trains without the class and cannot predict it"
    mixed = "enough texts, but under other labels too, so that some folds {} none of these classes"
    findings = [
        (no_held_out & (n_groups < n_folds), few),
        (no_held_out & (n_groups >= n_folds), mixed.format("hold out")),
        (no_training & (n_groups < 2), single),
        (no_training & (n_groups >= 2), mixed.format("train on")),
    ]
    warnings = [f"{what}: {_name(classes, label_names, n_groups)}" for classes, what in findings if classes.any()]
    return warnings + _warn_of_big_group(groups, n_folds)


def _warn_of_big_group(groups: NDArray[np.integer], n_folds: int) -> list[str]:
    biggest = int(np.unique(groups, return_counts=True)[1].max())
    if biggest <= len(groups) / n_folds:
        return []
    return [
        f"one group has {biggest} of the {len(groups)} rows, more than a fold's share, so that folds differ in size. "
        "Short texts that many dialogues or groups have in common tie these together: folds.group_duplicates: false "
        "lets such texts cross folds"
    ]


def _name(classes: NDArray[np.bool_], label_names: Sequence[str], n_groups: NDArray[np.integer]) -> str:
    names = [f"{label_names[index]} ({n_groups[index]})" for index in np.flatnonzero(classes).tolist()]
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def _find_missing(
    fold_ids: NDArray[np.integer], labels: NDArray[np.integer], n_folds: int, n_classes: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which classes [C] lack held-out rows, and which lack training rows, in some fold of some repeat."""
    every_fold = [folds == fold for folds in fold_ids for fold in range(n_folds)]
    held_out = np.stack([np.bincount(labels[rows], minlength=n_classes) for rows in every_fold])
    total = np.bincount(labels, minlength=n_classes)
    return (held_out == 0).any(axis=0), (held_out == total).any(axis=0)
