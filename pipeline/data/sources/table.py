"""What every parser returns, and the choice of columns from it."""

import difflib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from pipeline.errors import UserError

# A JSON file may spell half of an emoji's two escapes; such a string cannot be written to any file.
HALF_CHARACTER = re.compile("[\ud800-\udfff]")


class RawTable(NamedTuple):
    """A file's rows as they stand: one value per row and name, and the line (from 1) where a row begins.

    Values are strings; None is JSON's null or a key that a record lacks. In a JSON list the record counts as
    the line.
    """

    names: list[str]
    rows: list[Sequence[object]]
    lines: list[int]


def select_columns(
    table: RawTable, file: str, columns: Mapping[str, str], optional: Collection[str] = ()
) -> pd.DataFrame:
    """Select the columns that are asked for, under our names, with `file` and `line` for messages.

    `columns` maps our name to the file's: `{"row_id": "id", "text": "content"}`; one that is among `optional` is left
    out where the file does not have it. Raises UserError for a column that is missing or there twice, and for a JSON
    value that is a list, an object or half a character.
    """
    data: dict[str, list[str | None]] = {}
    for ours, theirs in columns.items():
        if ours in optional and theirs not in table.names:
            continue
        index = _find(table.names, theirs, file)
        data[ours] = [
            _to_text(row[index], theirs, file, line) for row, line in zip(table.rows, table.lines, strict=True)
        ]
    frame = pd.DataFrame(data, columns=list(data))
    frame["file"] = file
    frame["line"] = table.lines
    return frame


def _find(names: Sequence[str], wanted: str, file: str) -> int:
    if names.count(wanted) == 1:
        return names.index(wanted)
    if wanted in names:
        raise UserError(f"{file}: {names.count(wanted)} columns are called {wanted!r}. Rename one of them")
    near = difflib.get_close_matches(wanted, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    if len(names) == 1:
        hint += " One column only: is data.separator right?"
    raise UserError(f"{file}: no column {wanted!r}; found: {', '.join(names)}{hint} Set data.columns in params.yaml")


def _to_text(value: object, column: str, file: str, line: int) -> str | None:
    if isinstance(value, str):
        if not value.isascii() and HALF_CHARACTER.search(value):
            raise UserError(
                f"{file}: record {line}: {column!r} holds half a character, as a cut JSON escape "
                f"leaves it ({value[:60]!r}). Mend the record"
            )
        return value
    if value is None:
        return None
    if isinstance(value, list | dict):
        raise UserError(
            f"{file}: record {line}: {column!r} holds a {'list' if isinstance(value, list) else 'mapping'}; "
            "one text, number, true, false or null is allowed"
        )
    return json.dumps(value)
