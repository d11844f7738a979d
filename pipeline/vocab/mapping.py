"""The mapping table: for each token of the competition the pretrained token whose row it starts from."""

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

from pipeline.errors import UserError

COLUMNS = ("token", "count", "rank", "mapped_to", "mapped_rank", "probability")


@dataclass(frozen=True)
class MappingRow:
    """One row of the mapping table: a token of the competition and the pretrained token that it takes its row from.

    Args:
        token: the token as the competition writes it.
        count: how often it occurs in the competition's corpus.
        rank: its place by count among the ranked tokens, from 1; None if it is pinned, that is, keeps its own
            row.
        mapped_to: the pretrained token whose embedding row it takes; None for a new row.
        mapped_rank: place of `mapped_to` by count in plain text, from 1; None for a pinned token and a new row.
        probability: how probable the method holds the mapping; None where it does not say.
    """

    token: str
    count: int
    rank: int | None
    mapped_to: str | None
    mapped_rank: int | None = None
    probability: float | None = None

    @property
    def is_pinned(self) -> bool:
        """True where the token was never anonymised and keeps its own row."""
        return self.rank is None


def sort_rows(rows: Iterable[MappingRow]) -> list[MappingRow]:
    """Order rows by count from high to low, equal counts in code point order of the token."""
    return sorted(rows, key=lambda row: (-row.count, row.token))


def write_mapping_table(path: Path, rows: Iterable[MappingRow]) -> None:
    """Write the table as CSV in UTF-8, one line a token; None is an empty field."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(astuple(row) for row in rows)


def read_mapping_table(path: Path) -> list[MappingRow]:
    """Read a mapping table that `write_mapping_table` wrote. Raises UserError for other columns or wrong numbers."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        if tuple(header) != COLUMNS:
            raise UserError(f"{path}: got the columns {header}, expected {list(COLUMNS)}; run align_vocab again")
        try:
            return [_parse_row(*fields) for fields in reader]
        except (TypeError, ValueError) as error:
            where = f"{path}, line {reader.line_num}"
            raise UserError(f"{where}: not a mapping row ({error}); run align_vocab again") from error


def _parse_row(token: str, count: str, rank: str, mapped_to: str, mapped_rank: str, probability: str) -> MappingRow:
    return MappingRow(
        token=token,
        count=int(count),
        rank=int(rank) if rank else None,
        mapped_to=mapped_to or None,
        mapped_rank=int(mapped_rank) if mapped_rank else None,
        probability=float(probability) if probability else None,
    )
