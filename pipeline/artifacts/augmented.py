"""Changed copies of training texts, as members read them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.hashes import hash_path
from pipeline.artifacts.paths import AUGMENTED
from pipeline.artifacts.tables import read_table
from pipeline.errors import UserError


def read_augmented(hashes: Mapping[str, str], row_id: NDArray[np.str_]) -> tuple[list[str], NDArray[np.int64]]:
    """The copies of the named files, one file after the other: → (texts [A], the place in `row_id` of each one's row).

    `hashes` is a recipe's `augmented`: the files by name, with their SHA-256. Raises UserError where a file is missing
    or another than the recipe speaks of, and where a row is not there.
    """
    place = {row: index for index, row in enumerate(row_id.tolist())}
    texts: list[str] = []
    rows: list[int] = []
    for name, expected in hashes.items():
        path = AUGMENTED / f"{name}.parquet"
        if hash_path(path) != expected:
            raise UserError(f"{path}: changed since the recipe was written. Run `python -m stages.recipes` again")
        copies = read_table(path, ["row_id", "text"])
        lost = [row for row in copies["row_id"] if row not in place]
        if lost:
            raise UserError(f"{path}: row_id {lost[0]!r} is not in the training data. Run the stage augment again")
        texts += copies["text"].tolist()
        rows += [place[row] for row in copies["row_id"]]
    return texts, np.array(rows, dtype=np.int64)
