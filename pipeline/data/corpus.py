"""Texts one after the other from a file of any size."""

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

from pipeline.data.json_stream import stream_elements
from pipeline.errors import UserError
from pipeline.runtime.progress import Progress

# Rows of a parquet table that are decoded at a time.
ROWS_AT_ONCE = 1024
MEGABYTE = 10**6


def stream_texts(path: Path, column: str = "text", what: str = "") -> Iterator[str]:
    """Yield a file's texts in order, empty ones left out, read piece by piece: memory does not grow with the file.

    `.txt` holds one text a line; `.jsonl` and `.ndjson` an object a line; `.json` a list of objects; `.csv` and `.tsv`
    a header and quoted fields; each may be gzipped (`.gz`). `.parquet` is read by row groups. All but `.txt` have the
    text in `column`; a null is an empty text. UTF-8 alone: a file of unknown size cannot be tried in one encoding
    after the other. With `what`, progress is shown under that name.

    Raises UserError for a file that is missing, of another kind, or broken, with the line; and at the end of a file
    without any text.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    is_gzip = suffixes[-1:] == [".gz"]
    kind = "".join(suffixes[:-1][-1:] if is_gzip else suffixes[-1:])
    if kind not in (*READERS, ".parquet") or (is_gzip and kind == ".parquet"):
        allowed = f"{', '.join(READERS)}, each also with .gz, or .parquet"
        raise UserError(f"{path.as_posix()}: got a file that ends in {''.join(path.suffixes)!r}; allowed: {allowed}")
    if not path.is_file():
        raise UserError(f"{path.as_posix()}: not found; put the text there, or name another file")
    texts = _read_parquet(path, column) if kind == ".parquet" else _read_lines(path, is_gzip, READERS[kind], column)
    n_texts, megabytes = 0, path.stat().st_size // MEGABYTE
    with Progress(megabytes, what, "megabyte") if what else nullcontext() as progress:
        for text, read in texts:
            if progress is not None and read // MEGABYTE > progress.done:
                progress.update(read // MEGABYTE - progress.done)
            if text.strip():
                n_texts += 1
                yield text
    if not n_texts:
        raise UserError(f"{path.as_posix()}: holds no text")


def _read_lines(
    path: Path, is_gzip: bool, read: Callable[[IO[str], str, str], Iterator[str]], column: str
) -> Iterator[tuple[str, int]]:
    """Yield each text of a file, with how many bytes of the file are read by then."""
    name = path.as_posix()
    with path.open("rb") as raw:
        content: Any = gzip.GzipFile(fileobj=raw) if is_gzip else raw
        # utf-8-sig drops a byte order mark; newline="\n" keeps U+2028 and a lone CR within a text.
        file = TextIOWrapper(content, encoding="utf-8-sig", newline="\n")
        try:
            for text in read(file, name, column):
                yield text, raw.tell()
        except UnicodeDecodeError:
            opened = gzip.open if is_gzip else open
            raise UserError(f"{name}: {_find_broken_line(opened, path)} is not UTF-8; save the file as UTF-8") from None
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UserError(f"{name}: not a whole gzip file ({error}). Copy it again") from None


def _find_broken_line(opened: Any, path: Path) -> str:
    """Find the line that is not UTF-8 by reading the file again: a decoder reads ahead, so its error tells no place."""
    with opened(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"line {number} (byte 0x{line[error.start]:02X})"
    return "the end"


def _read_txt(file: IO[str], name: str, column: str) -> Iterator[str]:
    for line in file:
        yield line.removesuffix("\n").removesuffix("\r")


def _read_json_lines(file: IO[str], name: str, column: str) -> Iterator[str]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{name}: line {number} is not JSON ({error.msg}, column {error.colno})") from None
        yield _take_text(record, column, f"{name}: line {number}")


def _read_json(file: IO[str], name: str, column: str) -> Iterator[str]:
    """Yield the texts of a JSON list of objects; a file that begins with an object is read as JSON Lines."""
    start = file.read(1)
    while start.isspace():
        start = file.read(1)
    file.seek(0)
    if start == "{":
        yield from _read_json_lines(file, name, column)
    else:
        for number, record in enumerate(stream_elements(file, name), start=1):
            yield _take_text(record, column, f"{name}: element {number}")


def _take_text(record: Any, column: str, where: str) -> str:
    if not isinstance(record, dict) or column not in record:
        found = f"the keys {', '.join(record)}" if isinstance(record, dict) else f"a {type(record).__name__}"
        raise UserError(f"{where} has {found}; an object with {column!r} is needed")
    return _to_text(record[column], f"{where}: {column!r}")


def _to_text(value: object, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UserError(f"{where} holds a {type(value).__name__}; text or null is allowed")
    return value.encode("utf-8", errors="replace").decode("utf-8")  # an escape may spell half a character


def _read_csv(file: IO[str], name: str, column: str, separator: str = ",") -> Iterator[str]:
    csv.field_size_limit(2**31 - 1)
    rows = csv.reader(file, delimiter=separator, strict=True)
    try:
        header = [field.strip() for field in next(rows, [])]
        if column not in header:
            raise UserError(f"{name}: no column {column!r}; found: {', '.join(header) or 'an empty file'}")
        index = header.index(column)
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                raise UserError(
                    f"{name}: the row that ends on line {rows.line_num} has {len(row)} fields, "
                    f"the header {len(header)}; mend the row"
                )
            yield row[index]
    except csv.Error as error:
        raise UserError(f"{name}: line {rows.line_num} is not CSV ({error}); mend the row") from None


def _read_tsv(file: IO[str], name: str, column: str) -> Iterator[str]:
    return _read_csv(file, name, column, "\t")


def _read_parquet(path: Path, column: str) -> Iterator[tuple[str, int]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise UserError(f"{path.as_posix()}: not a parquet file ({error})") from None
    if column not in table.schema_arrow.names:
        found = ", ".join(table.schema_arrow.names)
        raise UserError(f"{path.as_posix()}: no column {column!r}; found: {found}")
    size, n_rows, n_read = path.stat().st_size, table.metadata.num_rows, 0
    for batch in table.iter_batches(batch_size=ROWS_AT_ONCE, columns=[column]):
        n_read += len(batch)
        for value in batch.column(0).to_pylist():
            yield _to_text(value, f"{path.as_posix()}: {column!r}"), size * n_read // n_rows


READERS: dict[str, Callable[[IO[str], str, str], Iterator[str]]] = {
    ".txt": _read_txt,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".json": _read_json,
    ".csv": _read_csv,
    ".tsv": _read_tsv,
}
