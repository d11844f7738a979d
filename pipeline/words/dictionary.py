"""A file of words: jieba's user dictionary, `word [frequency] [tag]` a line."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.artifacts.atomic import write_text
from pipeline.errors import UserError


class Entry(NamedTuple):
    """A word and its frequency in jieba's reckoning; None stands for the frequency that makes the string one word."""

    word: str
    frequency: int | None


def read_dictionary(path: Path) -> list[Entry]:
    """Read the entries of a UTF-8 file, in order; empty lines are left out and tags are not used.

    Raises UserError for a missing file, one that is not UTF-8, and a line of another form.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise UserError(f"{path}: not found; put the words there, one a line, or set `dictionary: null`") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error}); save it as UTF-8") from None
    return [_entry(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def write_dictionary(path: Path, entries: Sequence[Entry]) -> None:
    """Write entries to a file from which `read_dictionary` reads the same entries."""
    lines = [entry.word if entry.frequency is None else f"{entry.word} {entry.frequency}" for entry in entries]
    write_text(path, "".join(f"{line}\n" for line in lines))


def _entry(path: Path, number: int, line: str) -> Entry:
    word, *rest = line.split()
    frequency = int(rest.pop(0)) if rest and rest[0].isascii() and rest[0].isdecimal() else None
    is_tag = not rest or (len(rest) == 1 and rest[0].isascii() and rest[0].isalpha())
    if not is_tag or frequency == 0:
        raise UserError(
            f"{path}: line {number}: got {line.strip()!r}; a word, then a frequency from 1 and a tag if you like, is "
            "allowed, as in `云计算 5 n`"
        )
    return Entry(word, frequency)
