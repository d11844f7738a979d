"""JSON (a list of objects) and JSON Lines (an object on each line)."""

import json
from collections.abc import Sequence
from typing import Any

from pipeline.data.sources.table import RawTable
from pipeline.errors import UserError

# Numbers keep the digits that the file has: 1.0 stays "1.0", and an id of 20 digits is not rounded. NaN is no
# JSON but is what several libraries write for a missing value.
DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=lambda _: None)


def parse_json(text: str, file: str) -> RawTable:
    """Parse a list of objects, one for each row. A file that begins with `{` is read as JSON Lines, which many are.

    Raises UserError for what is not JSON and for records that are not objects.
    """
    if text.lstrip()[:1] == "{":
        return parse_json_lines(text, file)
    try:
        records = DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{file}: line {error.lineno} is not JSON ({error.msg})") from None
    if not isinstance(records, list):
        raise UserError(f"{file}: holds one {type(records).__name__}; a list of objects or JSON Lines is allowed")
    return _to_table(records, list(range(1, len(records) + 1)), file, "record")


def parse_json_lines(text: str, file: str) -> RawTable:
    """Parse an object on each line; blank lines are no rows. A key that a record lacks is null.

    Raises UserError for a line that is not JSON, or not an object.
    """
    records, lines = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            records.append(DECODER.decode(line))
        except json.JSONDecodeError as error:
            raise UserError(f"{file}: line {number} is not JSON ({error.msg}, column {error.colno})") from None
        lines.append(number)
    return _to_table(records, lines, file, "line")


def _to_table(records: Sequence[Any], lines: list[int], file: str, unit: str) -> RawTable:
    names: dict[str, None] = {}
    for record, line in zip(records, lines, strict=True):
        if not isinstance(record, dict):
            raise UserError(f"{file}: {unit} {line} is a {type(record).__name__}, not an object with named values")
        names.update(dict.fromkeys(record))
    return RawTable(list(names), [[record.get(name) for name in names] for record in records], lines)
