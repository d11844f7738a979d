"""Cross-validation folds: stratified by class, with groups kept together, the same for every member."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UserError


class Group(NamedTuple):
    """A group of rows that stay together, as the dealing of groups to folds sees it."""

    turn: tuple[int, int]  # rank of its rarest class, -rows; low ones are dealt first
    rows: int
    classes: list[tuple[int, int, float]]  # class, its rows here, cost of each such row in a fold


def assign_folds(
    labels: NDArray[np.integer], groups: NDArray[np.integer], n_folds: int, seed: int, repeats: int = 1
) -> NDArray[np.int32]:
    """Assign every row to the fold that holds it out, once a repeat: labels [N], groups [N] → [R, N].

    Groups are dealt out one by one, by their rarest class from the rarest to the most frequent, big groups
    before small ones. Each goes to the fold that has least of its class, of these to the smallest. A group
    with several classes goes where Σ rows(fold, class) · rows(group, class) / rows(class)² is least, which is
    the same thing for one class, and makes a rare class weigh more than a frequent one.

    Hence, where each group has one class: a class with at least `n_folds` groups is in every fold; one with
    two groups or more is in every training part; where each group is one row, the counts of a class differ by
    at most 1 between folds, and so do the sizes of the folds. Where groups mix classes this is likely, not
    certain: see `check_folds`. No stratified splitter of scikit-learn holds groups together and promises this
    for rare classes.

    Repeat r depends on `seed` and r alone, so more repeats leave the first ones as they are. Ties are broken
    by `seed`.

    Raises UserError for fewer groups than folds, ValueError for arrays of different lengths or `n_folds`
    below 2.
    """
    if labels.shape != groups.shape or labels.ndim != 1:
        raise ValueError(f"labels {labels.shape} and groups {groups.shape} must be two lists of one length")
    if n_folds < 2:
        raise ValueError(f"n_folds is {n_folds}; at least 2 are needed")
    group_ids, group_of_row = np.unique(groups, return_inverse=True)
    if len(group_ids) < n_folds:
        raise UserError(
            f"folds.n_folds: got {n_folds}, but training has {len(group_ids)} different texts (or groups). "
            "Each fold needs one: set it lower, or add rows"
        )
    class_ids, class_of_row = np.unique(labels, return_inverse=True)
    described = _describe_groups(class_of_row, group_of_row, len(class_ids), len(group_ids))
    fold_ids = np.empty((repeats, len(labels)), dtype=np.int32)
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, repeat])
        fold_of_group = _deal(described, len(class_ids), n_folds, rng)
        fold_ids[repeat] = fold_of_group[group_of_row]
    return fold_ids


def take_given_folds(given: NDArray[np.integer], n_folds: int, repeats: int) -> NDArray[np.int32]:
    """Return the folds that the competition's files give: [N] numbers from 0, or -1 for none → [1, N].

    Raises UserError where `n_folds` is not their number, or more repeats are asked for than the one there is.
    """
    n_given = len(np.unique(given[given >= 0]))
    if n_given != n_folds:
        raise UserError(
            f"folds.n_folds: got {n_folds}, but the column data.columns.fold has {n_given} different values. "
            f"Set it to {n_given}, or data.columns.fold to null"
        )
    if repeats != 1:
        raise UserError(f"folds.repeats: got {repeats}; with folds from the files, data.columns.fold, 1 is allowed")
    return given.astype(np.int32)[None]


def count_split_groups(fold_ids: NDArray[np.integer], groups: NDArray[np.integer]) -> int:
    """Count the groups that have rows in several folds: fold and group of each row, [N] and [N]."""
    pairs = np.unique(np.stack([groups, fold_ids]), axis=1)
    return int((np.unique(pairs[0], return_counts=True)[1] > 1).sum())


def _describe_groups(
    class_of_row: NDArray[np.intp], group_of_row: NDArray[np.intp], n_classes: int, n_groups: int
) -> list[Group]:
    """Describe each of G groups: its turn to be dealt, its number of rows, and its classes with counts and costs."""
    pairs, counts = np.unique(group_of_row * n_classes + class_of_row, return_counts=True)
    group_of_pair, class_of_pair = np.divmod(pairs, n_classes)
    costs = counts / np.bincount(class_of_row, minlength=n_classes)[class_of_pair].astype(np.float64) ** 2
    rarity = np.empty(n_classes, dtype=np.int64)
    rarity[np.argsort(np.bincount(class_of_pair, minlength=n_classes), kind="stable")] = np.arange(n_classes)
    classes: list[list[tuple[int, int, float]]] = [[] for _ in range(n_groups)]
    columns = (group_of_pair.tolist(), class_of_pair.tolist(), counts.tolist(), costs.tolist())
    for group, label, count, cost in zip(*columns, strict=True):
        classes[group].append((label, count, cost))
    described: list[Group] = []
    for entries in classes:
        rows = sum(count for _, count, _ in entries)
        rarest = min(int(rarity[label]) for label, _, _ in entries)
        described.append(Group((rarest, -rows), rows, entries))
    return described


def _deal(groups: list[Group], n_classes: int, n_folds: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """Deal the groups [G] out to the folds: → the fold of each group."""
    tie_break = rng.permutation(n_folds).tolist()
    class_rows = [[0] * n_classes for _ in range(n_folds)]
    fold_rows = [0] * n_folds
    fold_of_group = np.empty(len(groups), dtype=np.int32)
    for number in sorted(rng.permutation(len(groups)).tolist(), key=lambda number: groups[number].turn):
        _, rows, classes = groups[number]
        prices = [
            (sum(in_fold[label] * cost for label, _, cost in classes), fold_rows[fold], tie_break[fold], fold)
            for fold, in_fold in enumerate(class_rows)
        ]
        fold = min(prices)[-1]
        fold_of_group[number] = fold
        fold_rows[fold] += rows
        for label, count, _ in classes:
            class_rows[fold][label] += count
    return fold_of_group


def check_folds(
    fold_ids: NDArray[np.integer],
    labels: NDArray[np.integer],
    groups: NDArray[np.integer],
    label_names: Sequence[str],
) -> list[str]:
    """Warn of classes that some fold [R, N] lacks, by their names, and of a group too big for a fold.

    `labels` [N] are indices into `label_names` [C]. The number after a class is that of its groups.
    """
    n_folds, n_classes = int(fold_ids.max()) + 1, len(label_names)
    n_groups = _count_groups(labels, groups, n_classes)
    scored = fold_ids[0] >= 0
    n_scored = _count_groups(labels[scored], groups[scored], n_classes)
    no_held_out, no_training = _find_missing(fold_ids, labels, n_folds, n_classes)
    few = f"fewer than {n_folds} different texts (or groups), so some folds hold out none of these classes"
    single = "a single text (or group): the fold that holds it out trains without the class and cannot predict it"
    mixed = "enough texts, but under other labels too, so that some folds {} none of these classes"
    findings = [
        (no_held_out & (n_scored < n_folds), few),
        (no_held_out & (n_scored >= n_folds), mixed.format("hold out")),
        (no_training & (n_groups < 2), single),
        (no_training & (n_groups >= 2), mixed.format("train on")),
    ]
    warnings = [f"{what}: {_name(classes, label_names, n_groups)}" for classes, what in findings if classes.any()]
    return warnings + _warn_of_big_group(groups, n_folds)


def _count_groups(labels: NDArray[np.integer], groups: NDArray[np.integer], n_classes: int) -> NDArray[np.int64]:
    """Count the groups that have a row of each class: [C]."""
    pairs = np.unique(np.stack([labels, groups]), axis=1)
    return np.bincount(pairs[0], minlength=n_classes)


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
    """Find the classes [C] that lack held-out rows, and those that lack training rows, in some fold of some repeat."""
    every_fold = [folds == fold for folds in fold_ids for fold in range(n_folds)]
    held_out = np.stack([np.bincount(labels[rows], minlength=n_classes) for rows in every_fold])
    total = np.bincount(labels, minlength=n_classes)
    return (held_out == 0).any(axis=0), (held_out == total).any(axis=0)
