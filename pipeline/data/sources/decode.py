"""From bytes to text, by a declared order of encodings. Bytes that none fits are refused, or replaced and counted."""

import codecs
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.errors import UserError

REPLACEMENT = "\ufffd"
# What no single byte of them means anything by itself.
WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


class Decoded(NamedTuple):
    """A file's text, and what had to be done to get it."""

    text: str
    warnings: list[str]
    replaced: list[int]  # the line (from 1) of each byte that became U+FFFD


def decode(raw: bytes, file: str, encodings: Sequence[str], undecodable: str | None = None) -> Decoded:
    """Decode a file's bytes with the first of the encodings that fits all of them.

    A byte order mark is dropped. Another encoding than the first is a warning. Where no encoding fits,
    `undecodable` is the rule (`data.undecodable`):

    - `refuse`: UserError with line and byte of the first that each encoding fails at. None does the same, for files
      that params has no rule for.
    - `replace`: the encoding that fails at the fewest bytes is taken, of equals the first; each byte that it cannot
      read becomes one U+FFFD, and no other byte is touched. A warning says how many, and on which lines.

    A file that is UTF-8 but for a few broken bytes counts as fitting no other encoding: GB18030 would accept nearly
    any bytes, and make wrong characters out of all of them.

    Raises UserError for an unknown encoding too, ValueError for another rule.
    """
    if undecodable not in (None, "refuse", "replace"):
        raise ValueError(f"no rule {undecodable!r} for undecodable bytes; known: refuse, replace")
    failures: dict[str, UnicodeDecodeError] = {}
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except LookupError:
            raise UserError(
                f"data.encodings: got {encoding!r}, an unknown encoding; known: utf-8, gb18030, utf-16, …"
            ) from None
        except UnicodeDecodeError as error:
            failures[encoding] = error
            if _is_damaged_utf8(raw, encoding):
                failures = {encoding: error}
                break
        else:
            return Decoded(text.removeprefix("\ufeff"), _warn(raw, file, encoding, failures), [])
    if undecodable != "replace" or (_looks_like_utf16(raw) and not any(map(_is_wide, failures))):
        hint = ", or set data.undecodable to replace" if undecodable else ""
        raise UserError(_explain(raw, file, failures) + hint)
    return _replace(raw, file, list(failures))


def _is_damaged_utf8(raw: bytes, encoding: str) -> bool:
    """Say whether the bytes are damaged UTF-8: most characters beyond ASCII are good, in other encodings hardly any."""
    if codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig"):
        return False
    text = raw.decode("utf-8", errors="replace")
    broken = text.count(REPLACEMENT)
    return sum(char > "\x7f" for char in text) - broken > broken


def _looks_like_utf16(raw: bytes) -> bool:
    return raw.startswith((b"\xff\xfe", b"\xfe\xff"))


def _is_wide(encoding: str) -> bool:
    return codecs.lookup(encoding).name in WIDE


def _replace(raw: bytes, file: str, encodings: Sequence[str]) -> Decoded:
    attempts = [(encoding, *_decode_around(raw, encoding)) for encoding in encodings]
    encoding, text, places = min(attempts, key=lambda attempt: len(attempt[2]))  # of equals, the first
    line_ends = np.flatnonzero(np.frombuffer(raw, dtype=np.uint8) == ord("\n"))
    lines = [int(line) for line in np.searchsorted(line_ends, places) + 1]
    distinct = list(dict.fromkeys(lines))
    shown = ", ".join(str(line) for line in distinct[:5]) + (", …" if len(distinct) > 5 else "")
    warning = f"{file}: read as {encoding}; {len(lines)} bytes could not be, and became U+FFFD: line {shown}"
    return Decoded(text.removeprefix("\ufeff"), [warning], lines)


def _decode_around(raw: bytes, encoding: str) -> tuple[str, list[int]]:
    """Decode with U+FFFD for bytes that cannot be decoded: → text, the places of those bytes.

    Python's own `errors="replace"` makes one U+FFFD of a sequence that the file's end cuts, line break included.
    """
    places: list[int] = []

    def note(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        end = error.end if _is_wide(encoding) else error.start + 1
        places.extend(range(error.start, end))
        return REPLACEMENT * (end - error.start), end

    codecs.register_error("conclave-note", note)
    return raw.decode(encoding, errors="conclave-note"), places


def _place(raw: bytes, error: UnicodeDecodeError) -> str:
    line = raw.count(b"\n", 0, error.start) + 1
    return f"line {line} (byte {error.start} of the file: 0x{raw[error.start]:02X})"


def _warn(raw: bytes, file: str, encoding: str, failures: dict[str, UnicodeDecodeError]) -> list[str]:
    return [f"{file}: not {failed}, see {_place(raw, failures[failed])}; read as {encoding}" for failed in failures][:1]


def _explain(raw: bytes, file: str, failures: dict[str, UnicodeDecodeError]) -> str:
    if _looks_like_utf16(raw):
        return f"{file}: the file is UTF-16. Add utf-16 to data.encodings, before the others"
    tried = "; ".join(f"{encoding} fails in {_place(raw, error)}" for encoding, error in failures.items())
    remedy = "Mend those bytes, or put the file's own encoding first in data.encodings"
    return f"{file}: cannot be decoded: {tried}. {remedy}"
