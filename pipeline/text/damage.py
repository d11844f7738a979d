"""Repair of what files and websites did to text: wrong encodings, HTML entities, characters that nobody sees."""

import html
import re
from html.entities import html5

import ftfy
from ftfy.chardata import CHARMAP_ENCODINGS

# What the first byte of a UTF-8 character (0xC0 in Java's own UTF-8) becomes in the encodings that ftfy knows, and C1
# controls. A search for these is fast; ftfy's own test is not, and most texts have none.
FIRST_BYTES = bytes(range(0xC0, 0xF5))
HINT = re.compile(f"[\x80-\x9f{''.join(FIRST_BYTES.decode(encoding) for encoding in CHARMAP_ENCODINGS)}]")


def fix_mojibake(text: str) -> str:
    """Mend UTF-8 that was read as Latin-1, Windows-125x or the like: `æ­¦æ±‰` → `武汉`, `donâ€™t` → `don’t`.

    By ftfy's `fix_encoding`, which leaves alone what could be meant so. It knows one-byte encodings alone: UTF-8 that
    was read as GBK (`姝︽眽`) stays, as does what was lost to `?` or U+FFFD.
    """
    if not HINT.search(text):
        return text
    fixed: str = ftfy.fix_encoding(text)
    return fixed


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


CONTROLS = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # without tab, line breaks and Python's other white space
ZERO_WIDTH = r"\u00ad\u180e\u200b\u2060-\u2064\ufeff"
DIRECTIONS = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"
OTHERS = r"\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
SURROGATES = r"\ud800-\udfff"  # halves of pairs, from broken JSON: no file can hold them
INVISIBLE = CONTROLS + ZERO_WIDTH + DIRECTIONS + OTHERS + SURROGATES

# The zero-width joiners hold emoji sequences together and are parts of words in Persian and the Indian scripts.
# Nothing is joined at an end of the text, or beside white space, ASCII or Chinese and Japanese characters.
JOINERS = r"\u200c\u200d"
UNJOINED = r"\t-\r\x1c-\x7e\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000-\u9fff\uf900-\ufaff\uff00-\uffef"

# Tags draw the flags of England, Scotland and Wales: a black flag, the region's letters, the end tag.
FLAG = r"\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f"

UNSEEN = re.compile(
    rf"""({FLAG})
      | (?:\A|(?<=[{UNJOINED}]))[{INVISIBLE}{JOINERS}]+
      | (?<![{INVISIBLE}{JOINERS}])[{INVISIBLE}{JOINERS}]++(?=[{UNJOINED}]|\Z)
      | [{INVISIBLE}]
    """,
    re.VERBOSE,
)


def remove_invisible(text: str) -> str:
    """Remove control characters, zero-width characters, marks of direction and lone surrogates.

    White space, U+2028 and the no-break space included, is `strip_whitespace`'s. Zero-width joiners stay where they
    join something: emoji, Persian and Indian letters. Variation selectors stay too (❤️ is a heart and one of them),
    and so do private-use characters.
    """
    # Unicode counts all of them among what is not printable; most texts have none.
    return text if text.isprintable() else UNSEEN.sub(r"\1", text)
