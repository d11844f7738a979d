"""Parquet tables that one stage writes and others read, columns checked: folds, members' own rows, streams of texts."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.atomic import atomic_path
from pipeline.artifacts.paths import ADDITIONAL, AUGMENTED, FOLDS, TRAIN
from pipeline.artifacts.require import require_file
from pipeline.errors import UserError


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as parquet, without its index."""
    with atomic_path(path) as temporary:
        table.to_parquet(temporary, index=False, engine="pyarrow")


def write_history(path: Path, table: pd.DataFrame) -> None:
    """Write a learning curve as CSV, which DVC plots."""
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def read_table(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> pd.DataFrame:
    """Read the named columns of a parquet table, and those of `optional` that it has.

    Raises UserError where the file is missing (it is made by a stage) or a column is.
    """
    require_file(path)
    import pyarrow.parquet as pq

    found = pq.read_schema(path).names
    missing = [column for column in columns if column not in found]
    if missing:
        raise UserError(f"{path}: no column {missing[0]!r}; found: {', '.join(found)}")
    there = [column for column in optional if column in found]
    return pd.read_parquet(path, columns=[*columns, *there], engine="pyarrow")


ROWS_IN_GROUP = 16_384


def write_corpus(path: Path, rows: Iterable[tuple[str, float | None]]) -> int:
    """Write texts and their similarities as parquet, group by group: → the number of rows.

    Memory holds one group, and so does that of whoever reads it by groups.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("text", pa.string()), ("similarity", pa.float64())])
    remaining, n_rows = iter(rows), 0
    with atomic_path(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        while group := list(islice(remaining, ROWS_IN_GROUP)):
            texts, similarities = zip(*group, strict=True)
            writer.write_table(pa.table([list(texts), list(similarities)], schema=schema))
            n_rows += len(group)
    return n_rows


class ScoredRows(NamedTuple):
    """The N training rows that folds hold out: what members are scored on, and the ensemble is tuned on.

    `row_id` [N]; `label_ids` [N]; `fold_ids` [R, N], the fold that holds each row out, in each of R repeats.
    """

    row_id: NDArray[np.str_]
    label_ids: NDArray[np.int64]
    fold_ids: NDArray[np.int64]


def read_scored_rows() -> ScoredRows:
    """Read all training rows but those of fold -1, which are only trained on. Raises UserError as `read_fold_ids`."""
    train = read_table(TRAIN, ["row_id", "label_id"])
    row_id, label_ids = train["row_id"].to_numpy(dtype=str), train["label_id"].to_numpy(dtype=np.int64)
    fold_ids = read_fold_ids(row_id)
    scored = fold_ids[0] >= 0
    return ScoredRows(row_id[scored], label_ids[scored], fold_ids[:, scored])


def read_fold_ids(row_id: NDArray[np.str_], path: Path = FOLDS) -> NDArray[np.int64]:
    """Read the fold that holds each row out, in each repeat, -1 for none: → [R, N], rows in the order of `row_id`.

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
    """Count the fold models of each member: folds times repeats."""
    table = read_table(path, ["repeat", "fold"])
    return int((table["repeat"].max() + 1) * (table["fold"].max() + 1))


def gather_copies(names: Sequence[str]) -> pd.DataFrame:
    """Join the copies in the named files of data/augmented/, one file after the other: → row_id and text.

    Raises UserError where a file is missing.
    """
    tables = [read_table(AUGMENTED / f"{name}.parquet", ["row_id", "text"]) for name in names]
    empty = pd.DataFrame({"row_id": [], "text": []}, dtype=str)
    return pd.concat(tables or [empty], ignore_index=True)


def read_copies(member: str, row_id: NDArray[np.str_]) -> tuple[list[str], NDArray[np.int64]]:
    """Read a member's A copies: → texts [A], the place in `row_id` of each copy's row [A].

    Raises UserError where the file is missing, and where a copy's row is not in `row_id`.
    """
    path = ADDITIONAL / f"{member}.parquet"
    copies = read_table(path, ["row_id", "text"])
    place = {row: index for index, row in enumerate(row_id.tolist())}
    lost = [row for row in copies["row_id"] if row not in place]
    if lost:
        raise UserError(f"{path}: row_id {lost[0]!r} is not in the training data. Run `dvc repro gather` again")
    return copies["text"].tolist(), np.array([place[row] for row in copies["row_id"]], dtype=np.int64)
