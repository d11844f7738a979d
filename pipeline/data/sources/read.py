"""Formats by file name, and the function that reads a file of any of them."""

import difflib
import gzip
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pipeline.data.sources.decode import decode
from pipeline.data.sources.delimited import parse_delimited
from pipeline.data.sources.json_records import parse_json, parse_json_lines
from pipeline.data.sources.lines import parse_lines
from pipeline.data.sources.table import RawTable, select_columns
from pipeline.errors import UserError


class Layout(NamedTuple):
    """The layout of a competition's files; nothing is guessed beyond the format, which follows from the name.

    Attributes:
        separator: between fields; None means `,` for CSV and a tab for TSV.
        quoting: whether double quotes hold a field together; if not, they are plain characters.
        encodings: tried in this order.
        undecodable: the rule for bytes that none of them fits: `refuse`, `replace` (see `decode`).
        header: names of the columns where CSV and TSV files have no header line.
        label: the one of the `header` names that a file to predict may lack.
    """

    separator: str | None = None
    quoting: bool = True
    encodings: Sequence[str] = ("utf-8", "gb18030")
    undecodable: str | None = None
    header: Sequence[str] | None = None
    label: str | None = None


class Reading(NamedTuple):
    """The rows of a file, and what a person should know of the reading."""

    rows: pd.DataFrame
    warnings: list[str]
    replaced: dict[str, list[int]]  # file → the line of each byte that became U+FFFD


DEFAULT_LAYOUT = Layout()
Parser = Callable[[str, str, Layout, str], tuple[RawTable, list[str]]]


def _delimited(default: str) -> Parser:
    def parse(text: str, file: str, layout: Layout, _: str) -> tuple[RawTable, list[str]]:
        separator = _unescape(layout.separator) or default
        return parse_delimited(text, file, separator, layout.quoting, layout.header, layout.label)

    return parse


def _parse_txt(text: str, file: str, layout: Layout, text_column: str) -> tuple[RawTable, list[str]]:
    if layout.separator:
        return _delimited("\t")(text, file, layout, text_column)
    return parse_lines(text, text_column), []


# A new format is one parser and one line here.
FORMATS: dict[str, Parser] = {
    ".csv": _delimited(","),
    ".tsv": _delimited("\t"),
    ".txt": _parse_txt,
    ".json": lambda text, file, *_: (parse_json(text, file), []),
    ".jsonl": lambda text, file, *_: (parse_json_lines(text, file), []),
    ".ndjson": lambda text, file, *_: (parse_json_lines(text, file), []),
}


def read_table(
    path: Path, columns: Mapping[str, str], layout: Layout = DEFAULT_LAYOUT, optional: Collection[str] = ()
) -> Reading:
    """Read the named columns of a file as strings, all N rows, nothing guessed.

    `columns` maps our names to the file's, `{"row_id": "id", "text": "content", "label": "class"}`. The frame
    has our names, then `file` and `line` (where the row begins, from 1; in a JSON list the record's number);
    a name among `optional` is left out where the file lacks it. Ids and labels are what the file says: "007", "NA"
    and "1.0" stay; only JSON's null is missing (`isna()`).

    The format follows from the name: `.csv`, `.tsv`, `.txt` (one text on each line; a table where a separator
    is given), `.json`, `.jsonl`, `.ndjson`, each also with `.gz`.

    Raises UserError for a file that is missing, empty or of an unknown kind, for bytes that none of the
    encodings fits, rows of the wrong width, quotes that do not pair up, broken JSON and missing columns.
    """
    table, warnings, replaced = read_raw(path, layout, columns.get("text", "text"))
    rows = select_columns(table, path.as_posix(), columns, optional)
    return Reading(rows, warnings, {path.as_posix(): replaced} if replaced else {})


def read_tables(
    paths: Sequence[Path], columns: Mapping[str, str], layout: Layout = DEFAULT_LAYOUT, optional: Collection[str] = ()
) -> Reading:
    """Read several files as `read_table` does, one below the other in the order given."""
    parts = [read_table(path, columns, layout, optional) for path in paths]
    return Reading(
        pd.concat([part.rows for part in parts], ignore_index=True),
        [warning for part in parts for warning in part.warnings],
        {file: lines for part in parts for file, lines in part.replaced.items()},
    )


def read_raw(path: Path, layout: Layout, text_column: str = "text") -> tuple[RawTable, list[str], list[int]]:
    """Read all columns of a file as they stand: → table, warnings, the line of each byte that became U+FFFD.

    `text_column` is the name that the one column of a plain `.txt` gets. Raises what `read_table` does.
    """
    file = path.as_posix()
    suffixes = [suffix.lower() for suffix in path.suffixes]
    is_gzip = suffixes[-1:] == [".gz"]
    suffix = (suffixes[:-1] if is_gzip else suffixes)[-1:]
    if not suffix or suffix[0] not in FORMATS:
        raise UserError(f"{file}: unknown kind of file; allowed: {', '.join(FORMATS)}, each also with .gz")
    text, warnings, replaced = decode(_read_bytes(path, is_gzip), file, layout.encodings, layout.undecodable)
    table, more_warnings = FORMATS[suffix[0]](text, file, layout, text_column)
    if not table.rows:
        raise UserError(f"{file}: no rows")
    return table, warnings + more_warnings, replaced


def _unescape(separator: str | None) -> str:
    # In YAML, '\t' in single quotes or none is a backslash and a t; nobody separates fields with that.
    return "\t" if separator == r"\t" else separator or ""


def _read_bytes(path: Path, is_gzip: bool) -> bytes:
    if not path.is_file():
        raise UserError(_describe_missing(path))
    raw = path.read_bytes()
    if not is_gzip:
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path.as_posix()}: not a whole gzip file ({error}). Copy it again") from None


def _describe_missing(path: Path) -> str:
    if not path.parent.is_dir():
        return f"{path.as_posix()}: no such file, nor its folder. Put the competition's files there"
    there = sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())
    near = difflib.get_close_matches(path.name, there, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    found = ", ".join(there[:20]) or "no files"
    remedy = "Put the file there, or mend its name in params.yaml"
    return f"{path.as_posix()}: no such file; the folder holds: {found}{hint} {remedy}"
