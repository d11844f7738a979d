"""The rows that a member learns from beside the competition's own: changed copies of its training texts."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.paths import ADDITIONAL, AUGMENTED
from pipeline.artifacts.tables import read_table
from pipeline.errors import UserError


def gather_copies(names: Sequence[str]) -> pd.DataFrame:
    """The copies of the named files of data/augmented/, one file after the other: row_id and text.

    Raises UserError where a file is missing.
    """
    tables = [read_table(AUGMENTED / f"{name}.parquet", ["row_id", "text"]) for name in names]
    empty = pd.DataFrame({"row_id": [], "text": []}, dtype=str)
    return pd.concat(tables or [empty], ignore_index=True)


def read_copies(member: str, row_id: NDArray[np.str_]) -> tuple[list[str], NDArray[np.int64]]:
    """A member's copies: → (texts [A], the place in `row_id` of each one's row).

    Raises UserError where the file is missing, and where a row is not there.
    """
    path = ADDITIONAL / f"{member}.parquet"
    copies = read_table(path, ["row_id", "text"])
    place = {row: index for index, row in enumerate(row_id.tolist())}
    lost = [row for row in copies["row_id"] if row not in place]
    if lost:
        raise UserError(f"{path}: row_id {lost[0]!r} is not in the training data. Run `dvc repro gather` again")
    return copies["text"].tolist(), np.array([place[row] for row in copies["row_id"]], dtype=np.int64)
