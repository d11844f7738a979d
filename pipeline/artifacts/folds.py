"""Folds as the stages after `split_folds` read them."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.paths import FOLDS, TRAIN
from pipeline.artifacts.tables import read_table
from pipeline.errors import UserError


class ScoredRows(NamedTuple):
    """The N training rows that folds hold out: what members are scored on, and the ensemble is tuned on.

    `row_id` [N]; `label_ids` [N]; `fold_ids` [R, N], the fold that holds each out, in each of R repeats.
    """

    row_id: NDArray[np.str_]
    label_ids: NDArray[np.int64]
    fold_ids: NDArray[np.int64]


def read_scored_rows() -> ScoredRows:
    """All training rows but those of fold -1, which are trained on alone. Raises UserError as `read_fold_ids`."""
    train = read_table(TRAIN, ["row_id", "label_id"])
    row_id, label_ids = train["row_id"].to_numpy(dtype=str), train["label_id"].to_numpy(dtype=np.int64)
    fold_ids = read_fold_ids(row_id)
    scored = fold_ids[0] >= 0
    return ScoredRows(row_id[scored], label_ids[scored], fold_ids[:, scored])


def read_fold_ids(row_id: NDArray[np.str_], path: Path = FOLDS) -> NDArray[np.int64]:
    """The fold that holds each row out, in each repeat, -1 for none: → [R, N], rows in the order of `row_id`.

    Raises UserError where a row has no fold.
    """
    table = read_table(path, ["row_id", "repeat", "fold"])
    repeats = [part.set_index("row_id")["fold"] for _, part in table.groupby("repeat", sort=True)]
    aligned = [repeat.reindex(row_id) for repeat in repeats]
    for folds in aligned:
        if folds.isna().any():
            lost = folds.index[folds.isna()][0]
            raise UserError(f"{path}: row_id {lost!r} has no fold. Run the stage split_folds again")
    return np.stack([folds.to_numpy(dtype=np.int64) for folds in aligned])


def count_folds(path: Path = FOLDS) -> int:
    """Fold models of each member: folds times repeats."""
    table = read_table(path, ["repeat", "fold"])
    return int((table["repeat"].max() + 1) * (table["fold"].max() + 1))
