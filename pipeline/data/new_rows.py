"""Rows that no stage has seen, read and cleaned as those of the test file are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from pipeline.data.inputs import InputSettings
from pipeline.data.prepare import prepare_test
from pipeline.data.sources.read import Layout, read_table
from pipeline.errors import UserError


class RowReading(NamedTuple):
    """Settings by which rows are read and cleaned (`data` in params.yaml)."""

    layout: Layout
    columns: Mapping[str, str]  # our names of the columns of every row → the file's
    inputs: InputSettings

    def as_json(self) -> dict[str, Any]:
        """Return the settings as plain JSON."""
        return {"layout": self.layout._asdict(), "columns": dict(self.columns), "inputs": self.inputs._asdict()}


def as_row_reading(stored: Mapping[str, Any]) -> RowReading:
    """Rebuild the settings that `RowReading.as_json` returned."""
    return RowReading(Layout(**stored["layout"]), stored["columns"], InputSettings(**stored["inputs"]))


def as_row(text: str) -> pd.DataFrame:
    """Return a table with the text as its only row. Raises UserError for a text of nothing but white space."""
    if not text.strip():
        raise UserError(f"--text: got {text!r}, a text is needed")
    return pd.DataFrame({"text": [text], "file": ["--text"], "line": [1]})


def read_rows(file: Path, reading: RowReading) -> pd.DataFrame:
    """Read the rows of a file that is written as the competition's are; all columns but the text may be missing.

    Raises UserError as `read_table`.
    """
    optional = [column for column in reading.columns if column != "text"]
    return read_table(file, reading.columns, reading.layout, optional).rows


def clean_rows(rows: pd.DataFrame, reading: RowReading) -> pd.DataFrame:
    """Return the rows' `row_id` and `text`, the input of members. Raises UserError as `prepare_test`."""
    return prepare_test(rows, reading.inputs).table
