"""Formats by file name, and the function that reads a file of any of them."""

import difflib
import gzip
import zlib
from collections.abc import Callable, Mapping, Sequence
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
    """What a parser may want to know beside the text itself."""

    separator: str | None
    quoting: bool
    text_column: str


def _parse_txt(text: str, file: str, layout: Layout) -> tuple[RawTable, list[str]]:
    if layout.separator:
        return parse_delimited(text, file, layout.separator, layout.quoting)
    return parse_lines(text, layout.text_column), []


# A new format is one parser and one line here.
FORMATS: dict[str, Callable[[str, str, Layout], tuple[RawTable, list[str]]]] = {
    ".csv": lambda text, file, layout: parse_delimited(text, file, layout.separator or ",", layout.quoting),
    ".tsv": lambda text, file, layout: parse_delimited(text, file, layout.separator or "\t", layout.quoting),
    ".txt": _parse_txt,
    ".json": lambda text, file, layout: (parse_json(text, file), []),
    ".jsonl": lambda text, file, layout: (parse_json_lines(text, file), []),
    ".ndjson": lambda text, file, layout: (parse_json_lines(text, file), []),
}


def read_table(
    path: Path,
    columns: Mapping[str, str],
    *,
    separator: str | None = None,
    quoting: bool = True,
    encodings: Sequence[str] = ("utf-8", "gb18030"),
) -> tuple[pd.DataFrame, list[str]]:
    """Read the named columns of a file as strings, all rows, nothing guessed: → frame [N], warnings.

    `columns` maps our names to the file's, `{"row_id": "id", "text": "content", "label": "class"}`. The frame
    has our names, then `file` and `line` (where the row begins, from 1; in a JSON list the record's number).
    Ids and labels are what the file says: "007", "NA" and "1.0" stay; only JSON's null is missing (`isna()`).

    The format follows from the name: `.csv`, `.tsv`, `.txt` (one text on each line; a table where `separator`
    is given), `.json`, `.jsonl`, `.ndjson`, each also with `.gz`. `separator` None means `,` for CSV and a
    tab for TSV.

    Raises UserError for a file that is missing, empty or of an unknown kind, for bytes that none of
    `encodings` fits, rows of the wrong width, quotes that do not pair up, broken JSON and missing columns.
    """
    file = path.as_posix()
    suffixes = [suffix.lower() for suffix in path.suffixes]
    is_gzip = suffixes[-1:] == [".gz"]
    suffix = (suffixes[:-1] if is_gzip else suffixes)[-1:]
    if not suffix or suffix[0] not in FORMATS:
        raise UserError(f"{file}: unknown kind of file; allowed: {', '.join(FORMATS)}, each also with .gz")
    text, warnings = decode(_read_bytes(path, is_gzip), file, encodings)
    # In YAML, '\t' in single quotes or none is a backslash and a t; nobody separates fields with that.
    layout = Layout("\t" if separator == r"\t" else separator, quoting, columns.get("text", "text"))
    table, more_warnings = FORMATS[suffix[0]](text, file, layout)
    if not table.rows:
        raise UserError(f"{file}: no rows")
    return select_columns(table, file, columns), warnings + more_warnings


def read_tables(
    paths: Sequence[Path],
    columns: Mapping[str, str],
    *,
    separator: str | None = None,
    quoting: bool = True,
    encodings: Sequence[str] = ("utf-8", "gb18030"),
) -> tuple[pd.DataFrame, list[str]]:
    """Read several files as `read_table` does, one below the other in the order given."""
    frames: list[pd.DataFrame] = []
    warnings: list[str] = []
    for path in paths:
        frame, more_warnings = read_table(path, columns, separator=separator, quoting=quoting, encodings=encodings)
        frames.append(frame)
        warnings.extend(more_warnings)
    return pd.concat(frames, ignore_index=True), warnings


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
