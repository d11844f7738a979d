"""Assign every training row to a fold."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipeline.artifacts.atomic import read_json
from pipeline.artifacts.paths import FOLDS, LABELS, TRAIN
from pipeline.artifacts.tables import read_table, write_table
from pipeline.data.folds import assign_folds, check_folds, count_split_groups, take_given_folds
from pipeline.data.groups import merge_groups
from pipeline.runtime.messages import say

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def run(entry: "Entry") -> None:
    """Assign every training row to a fold of every repeat."""
    folds = entry.params.folds
    train = read_table(TRAIN, ["row_id", "label_id", "group"], optional=["given_group", "given_fold"])
    labels = train["label_id"].to_numpy()
    ties = ["given_group"] if "given_group" in train else []
    ties += ["group"] if folds.group_duplicates else []
    groups = merge_groups([train[name].to_numpy() for name in ties]) if ties else np.arange(len(train))
    if "given_fold" in train:
        fold_ids = take_given_folds(train["given_fold"].to_numpy(), folds.n_folds, folds.repeats)
    else:
        fold_ids = assign_folds(labels, groups, folds.n_folds, folds.seed, folds.repeats)
    warnings = check_folds(fold_ids, labels, groups, read_json(LABELS)["labels"])
    n_split = count_split_groups(fold_ids[0], groups)
    if n_split:
        warnings.append(f"the files' own folds split {n_split} groups of equal texts, or of rows that belong together")
    for warning in warnings:
        say(f"warning: {warning}")
    table = pd.DataFrame(
        {
            "row_id": np.tile(train["row_id"].to_numpy(), folds.repeats),
            "repeat": np.repeat(np.arange(folds.repeats, dtype=np.int32), len(train)),
            "fold": fold_ids.ravel(),
        }
    )
    write_table(FOLDS, table)
    sizes = ", ".join(str(n) for n in np.bincount(fold_ids[0][fold_ids[0] >= 0]))
    n_unscored = int((fold_ids[0] < 0).sum())
    beside = f", beside {n_unscored} that are always in training" if n_unscored else ""
    say(f"{folds.n_folds} folds × {folds.repeats}, of {sizes} rows{beside}: {FOLDS}")
