"""Characters that are written as HTML entities."""

import html
import re
from html.entities import html5

# With the semicolon alone: without it, `&copy` in `?a=1&copy=2` would be one too.
ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def unescape_html(text: str) -> str:
    """Turn `&lt;`, `&#39;`, `&nbsp;` and all other HTML entities into their characters; unknown ones stay.

    Text that was escaped several times over (`&amp;lt;`) is unescaped as often.
    """
    while (unescaped := ENTITY.sub(_character, text)) != text:
        text = unescaped
    return text


def _character(entity: re.Match[str]) -> str:
    # html.unescape alone would also take the beginning of an unknown entity: `&notit;` → `¬it;`.
    known = entity[0][1] == "#" or entity[0][1:] in html5
    return html.unescape(entity[0]) if known else entity[0]
