"""The ledger of submissions: each submission, the score that was expected of it, and the score that a board gave."""

import csv
import io
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from pipeline.artifacts.atomic import write_text
from pipeline.errors import UserError


@dataclass(frozen=True)
class LedgerEntry:
    """A submission on a board, one line of reports/ledger.csv."""

    date: str  # YYYY-MM-DD
    board: str  # A, B, public, ...
    score: float  # the board's
    nested: float  # macro-F1 of the chosen pair, as expected before
    candidate: str
    class_weights: str
    manifest: str  # SHA-256 of the submission's manifest


HEADER = [field.name for field in fields(LedgerEntry)]


def read_ledger(path: Path) -> list[LedgerEntry]:
    """Read all entries, the oldest line first; none where there is no file. Raises UserError, naming the line."""
    if not path.exists():
        return []
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    if rows[:1] != [HEADER]:
        raise UserError(f"{path}: the first line is {rows[:1]}; {','.join(HEADER)} is needed")
    return [_entry(path, line, row) for line, row in enumerate(rows[1:], start=2) if row]


def append_entry(path: Path, entry: LedgerEntry) -> None:
    """Write the entry as a last line; what stands there stays. Raises UserError where the file is no ledger."""
    entries = [*read_ledger(path), entry]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(asdict(each).values() for each in entries)
    write_text(path, out.getvalue())


def _entry(path: Path, line: int, row: list[str]) -> LedgerEntry:
    if len(row) != len(HEADER):
        raise UserError(f"{path}, line {line}: {len(row)} fields; {len(HEADER)} are needed: {','.join(HEADER)}")
    date, board, score, nested, *rest = row
    try:
        numbers = float(score), float(nested)
    except ValueError:
        numbers = math.nan, math.nan
    if not all(map(math.isfinite, numbers)):
        raise UserError(f"{path}, line {line}: score {score!r}, nested {nested!r}; numbers are needed")
    return LedgerEntry(date, board, *numbers, *rest)
