"""Folds as the stages after `split_folds` read them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.paths import FOLDS
from pipeline.artifacts.tables import read_table
from pipeline.errors import UserError


def read_fold_ids(row_id: NDArray[np.str_], path: Path = FOLDS) -> NDArray[np.int64]:
    """The fold that holds each row out, in each repeat: → [R, N], rows in the order of `row_id`.

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
