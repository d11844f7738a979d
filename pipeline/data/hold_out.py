"""A test part for a competition that has none: some of the labelled rows, stratified and with groups kept whole."""

import json

import numpy as np
from numpy.typing import NDArray

from pipeline.data.folds import assign_folds
from pipeline.data.sources.table import RawTable
from pipeline.errors import UserError


def choose_held_out(
    labels: NDArray[np.integer], groups: NDArray[np.integer], share: float, seed: int
) -> NDArray[np.bool_]:
    """Choose rows to hold out [N], about `share` of all: one of round(1 / share) folds, cut as `assign_folds` does.

    The fold is the first without which every class still has a row. Raises UserError where there is none, or where a
    group is too big for such folds.
    """
    n_folds = max(2, round(1 / share))
    (fold_ids,) = assign_folds(labels, groups, n_folds, seed)
    n_classes = len(np.unique(labels))
    for fold in range(n_folds):
        if len(np.unique(labels[fold_ids != fold])) == n_classes:
            return np.asarray(fold_ids == fold)
    raise UserError(
        f"every one of {n_folds} parts holds all rows of some class: a class stands in one group only. "
        "Try another --seed or a smaller --share"
    )


def to_json_lines(table: RawTable, chosen: NDArray[np.bool_], left_out: str | None, ascii_only: bool) -> str:
    """Return the chosen rows [N] of a file as JSON Lines, with all columns but `left_out`.

    JSON Lines hold any text whatever separator and quoting the competition's other files have; with `ascii_only`,
    whatever their encoding.
    """
    names = [(place, name) for place, name in enumerate(table.names) if name != left_out]
    records = [
        {name: row[place] for place, name in names}
        for row, is_chosen in zip(table.rows, chosen.tolist(), strict=True)
        if is_chosen
    ]
    return "".join(f"{json.dumps(record, ensure_ascii=ascii_only)}\n" for record in records)
