"""From bytes to text, by a declared order of encodings, with nothing replaced or dropped."""

from collections.abc import Sequence

from pipeline.errors import UserError


def decode(raw: bytes, file: str, encodings: Sequence[str]) -> tuple[str, list[str]]:
    """Decode a file's bytes with the first of the encodings that fits all of them: → text, warnings.

    A byte order mark is dropped. Another encoding than the first is a warning. A file that is UTF-8 but for a
    few broken bytes is refused: GB18030 would accept nearly any bytes, and make wrong characters out of all
    of them.

    Raises UserError for bytes that no encoding fits, with line and byte of the first, and for an unknown
    encoding.
    """
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
                break
        else:
            return text.removeprefix("\ufeff"), _warn(raw, file, encoding, failures)
    raise UserError(_explain(raw, file, failures))


def _is_damaged_utf8(raw: bytes, encoding: str) -> bool:
    """Whether most characters beyond ASCII are good UTF-8; in text of another encoding, hardly any are."""
    if encoding.lower().replace("_", "-") not in ("utf-8", "utf8"):
        return False
    text = raw.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    return sum(char > "\x7f" for char in text) - broken > broken


def _place(raw: bytes, error: UnicodeDecodeError) -> str:
    line = raw.count(b"\n", 0, error.start) + 1
    return f"line {line} (byte {error.start} of the file: 0x{raw[error.start]:02X})"


def _warn(raw: bytes, file: str, encoding: str, failures: dict[str, UnicodeDecodeError]) -> list[str]:
    return [f"{file}: not {failed}, see {_place(raw, failures[failed])}; read as {encoding}" for failed in failures][:1]


def _explain(raw: bytes, file: str, failures: dict[str, UnicodeDecodeError]) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return f"{file}: the file is UTF-16. Add utf-16 to data.encodings, before the others"
    tried = "; ".join(f"{encoding} fails in {_place(raw, error)}" for encoding, error in failures.items())
    remedy = "Mend those bytes, or put the file's own encoding first in data.encodings"
    return f"{file}: cannot be decoded: {tried}. {remedy}"
