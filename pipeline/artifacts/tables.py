"""Parquet tables: written by one stage, read by others, with the columns checked."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.artifacts.atomic import atomic_path
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
