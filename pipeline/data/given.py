"""What the competition's files say themselves about rows that belong together, and about folds."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.data.bad_rows import find_missing, refuse
from pipeline.data.dialogue import number_dialogues
from pipeline.data.groups import group_values, merge_groups
from pipeline.data.labels import encode_labels, sort_labels

NO_FOLD = "-1"  # of rows that are always in training and never held out


def given_columns(rows: pd.DataFrame) -> Mapping[str, NDArray[np.integer]]:
    """Return further columns of the training table, as far as the files give groups and folds.

    - `given_group` int64: rows of one dialogue, or with one value of the column `group`, have one number; where both
      are there, what either ties is tied. A row without dialogue or group stands alone.
    - `given_fold` int32: the number of the value in the column `fold`, values in natural order; -1 stays -1.

    Raises UserError for rows without fold.
    """
    columns: dict[str, NDArray[np.integer]] = {}
    groupings = []
    if "dialogue" in rows:
        groupings.append(number_dialogues(rows["file"], rows["dialogue"]))
    if "group" in rows:
        groupings.append(group_values(rows["group"]))
    if groupings:
        columns["given_group"] = merge_groups(groupings)
    if "fold" in rows:
        remedy = "Mend them, or set data.columns.fold to null: rows are then assigned to folds here"
        refuse(rows, find_missing(rows, "fold"), "fold", "have no fold", remedy)
        folds = [fold.strip() for fold in rows["fold"]]
        held_out = [fold for fold in folds if fold != NO_FOLD]
        columns["given_fold"] = encode_labels(folds, [NO_FOLD, *sort_labels(held_out)]) - 1
    return columns
