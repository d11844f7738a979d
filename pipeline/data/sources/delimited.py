"""CSV and TSV, with quoting and without."""

import csv
import io
from collections.abc import Sequence

from pipeline.data.sources.table import RawTable
from pipeline.errors import UserError

# Python's limit of 131,072 characters for one field is a guard for servers; the C long of every platform
# holds this.
csv.field_size_limit(2**31 - 1)


def parse_delimited(
    text: str, file: str, separator: str, quoting: bool, header: Sequence[str] | None = None, label: str | None = None
) -> tuple[RawTable, list[str]]:
    """Parse rows under a header line, each with as many fields as the header: → table, warnings.

    For a file without a header line `header` gives the names. If its rows are one field short, what they lack is the
    column `label`: files to predict are like that.

    With `quoting`, a field in double quotes may hold separators, line breaks and doubled quotes. Without, a
    quote is a character like any other and each line is a row. Lines end in LF or CRLF. A blank line is a row
    of one empty field in a file with one column, and no row elsewhere.

    Raises UserError for a file without header or with rows of another width, and for quotes that do not pair
    up.
    """
    rows, lines = _split_quoted(text, file, separator) if quoting else _split_plain(text, separator)
    first = next((index for index, row in enumerate(rows) if not _is_blank(row)), None)
    if first is None:
        raise UserError(f"{file}: empty; the first line has to name the columns")
    if header is not None:
        names = _fit_names(header, len(rows[first]), label)
        rows, lines, first = [names, *rows[first:]], [0, *lines[first:]], 0
    names = [name.strip() for name in rows[first]]
    kept = [index for index in range(first, len(rows)) if len(names) == 1 or not _is_blank(rows[index])]
    rows, lines = [rows[index] or [""] for index in kept], [lines[index] for index in kept]
    _check_widths(rows, lines, file, separator, quoting)
    warnings = _warn_of_swallowed_rows(rows, lines, file, separator) if quoting else []
    return RawTable(names, list(rows[1:]), lines[1:]), warnings


def _fit_names(header: Sequence[str], width: int, label: str | None) -> list[str]:
    names = list(header)
    return [name for name in names if name != label] if width == len(names) - 1 else names


def _split_plain(text: str, separator: str) -> tuple[list[list[str]], list[int]]:
    # Not str.splitlines: that also splits at U+2028, form feeds and other characters that belong to a text.
    rows = [line.removesuffix("\r").split(separator) for line in text.removesuffix("\n").split("\n")] if text else []
    return rows, list(range(1, len(rows) + 1))


def _split_quoted(text: str, file: str, separator: str) -> tuple[list[list[str]], list[int]]:
    if len(separator) != 1:
        raise UserError(
            f"{file}: data.separator {separator!r} has {len(separator)} characters; with quoting, "
            "one is allowed. Set data.quoting to false"
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            rows.append(row)
            lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise UserError(
            f"{file}: the row that begins on line {line} has quotes that do not pair up ({error}). "
            "If quotes are plain characters in this file, set data.quoting to false; if not, mend the row"
        ) from None
    return rows, lines


def _is_blank(row: list[str]) -> bool:
    return row in ([], [""])


def _check_widths(rows: Sequence[list[str]], lines: list[int], file: str, separator: str, quoting: bool) -> None:
    width = len(rows[0])
    wrong = [(line, len(row)) for row, line in zip(rows, lines, strict=True) if len(row) != width]
    if wrong:
        found = ", ".join(f"line {line} has {fields}" for line, fields in wrong[:5])
        raise UserError(
            f"{file}: {len(wrong)} rows do not have the {width} fields of the header ({found}). "
            f"Is data.separator {separator!r} right, and should data.quoting be {str(not quoting).lower()}? "
            "If both are right, mend these rows"
        )


def _warn_of_swallowed_rows(rows: list[list[str]], lines: list[int], file: str, separator: str) -> list[str]:
    """Warn of rows that look swallowed: between a stray quote that opens a field and the next, rows become one text."""
    separators = len(rows[0]) - 1
    suspects = [
        line
        for row, line in zip(rows, lines, strict=True)
        if separators and any(_holds_row(field, separator, separators) for field in row if "\n" in field)
    ]
    if not suspects:
        return []
    return [
        f"{file}: {len(suspects)} texts in quotes hold lines that look like rows (the first begins "
        f"on line {suspects[0]}). If quotes are plain characters in this file, set data.quoting to false"
    ]


def _holds_row(field: str, separator: str, separators: int) -> bool:
    return any(line.count(separator) == separators for line in field.split("\n")[1:])
