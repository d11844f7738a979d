"""Plain text: one text on each line."""

from pipeline.data.sources.table import RawTable


def parse_lines(text: str, text_column: str) -> RawTable:
    """Parse each line, ended by LF or CRLF, as a row of the one column `text_column`; a blank line is an empty text."""
    texts = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    return RawTable([text_column], [[line] for line in texts], list(range(1, len(texts) + 1)))
