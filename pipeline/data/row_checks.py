"""Rows that cannot be used as they are: one kind at a time, refused with the lines on which they stand."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import UserError

SHOWN = 5


def find_missing(frame: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """Which rows [N] have nothing in the column: null, or nothing but white space."""
    return np.array([not isinstance(value, str) or not value.strip() for value in frame[column]], dtype=np.bool_)


def find_repeated_ids(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows [N] have a `row_id` that an earlier row has."""
    return frame["row_id"].duplicated().to_numpy(dtype=np.bool_)


def find_illegal_labels(frame: pd.DataFrame, allowed: Sequence[str]) -> NDArray[np.bool_]:
    """Which rows [N] have a label that is not among the allowed ones."""
    legal = set(allowed)
    return np.array([label not in legal for label in frame["label"]], dtype=np.bool_)


def refuse(frame: pd.DataFrame, bad: NDArray[np.bool_], column: str, problem: str, remedy: str) -> None:
    """Raise UserError if any row [N] is bad: how many, with `file:line` and value of the first few.

    `problem` completes "3 rows …"; the number after the file is that of the line, in a JSON list that of the
    record.
    """
    if not bad.any():
        return
    rows = frame[bad].head(SHOWN)
    shown = ", ".join(
        f"{file}:{line} ({value!r})" for file, line, value in zip(rows["file"], rows["line"], rows[column], strict=True)
    )
    more = ", …" if bad.sum() > SHOWN else ""
    raise UserError(f"{bad.sum()} rows {problem}: {shown}{more}. {remedy}")
