"""Plain text: one text on each line."""

from pipeline.data.sources.table import RawTable


def parse_lines(text: str, text_column: str) -> RawTable:
    """Each line is a row of the one column `text_column`, a blank line an empty text; LF or CRLF end it."""
    texts = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    return RawTable([text_column], [[line] for line in texts], list(range(1, len(texts) + 1)))
