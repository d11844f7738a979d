"""Runs of characters made short: those of whole classes, of the same sign, of white space."""

import re
import sys
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Literal

from pipeline.errors import UserError

LATIN = "A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿﬀ-ﬆＡ-Ｚａ-ｚ"


def drop_characters(text: str, *, classes: list[Literal["latin", "digits", "punctuation"]]) -> str:
    """Put a space in place of each run of characters of the named classes.

    `latin` is letters, `digits` those of every script, `punctuation` what Unicode calls so (`@`, `#`, `[` included) and
    the rest of ASCII's signs; emoji are in none of them. Raises UserError for an empty list.
    """
    return _runs_of_classes(tuple(classes)).sub(" ", text)


@cache
def _runs_of_classes(classes: Sequence[str]) -> re.Pattern[str]:
    if not classes:
        raise UserError("drop_characters: classes: got [], one or more of latin, digits, punctuation are allowed")
    members = {"latin": LATIN, "digits": r"\d"}
    return re.compile(f"[{''.join(_punctuation() if name == 'punctuation' else members[name] for name in classes)}]+")


def _punctuation() -> str:
    everywhere = (chr(code) for code in range(sys.maxunicode + 1))
    return re.escape("".join(c for c in everywhere if unicodedata.category(c)[0] == "P" or c in "$+<=>^`|~"))


# What is repeated: an emoticon code, a flag (two regional indicators), or a character with what modifies it - variation
# selector, skin tone, and what a zero-width joiner ties to it. Never a digit: `1000000` is a number.
UNIT = (
    r"\[[^\[\]]{1,40}\]|[\U0001f1e6-\U0001f1ff]{2}"
    r"|[^\d\s](?:[\ufe0f\u20e3\U0001f3fb-\U0001f3ff]|\u200d\S)*"
)


def squeeze_repeats(text: str, *, longest: int) -> str:
    """Shorten each run of the same character, emoji or `[code]` to `longest` of them; digits and white space stay.

    `好好好好好！！！！！！[泪][泪][泪][泪]` → `好好好！！！[泪][泪][泪]` with 3. Raises UserError for less than 1.
    """
    runs = _runs(longest)
    while (squeezed := runs.sub(r"\1" * longest, text)) != text:  # `[aaaa]` may become equal to its neighbour
        text = squeezed
    return text


@cache
def _runs(longest: int) -> re.Pattern[str]:
    if longest < 1:
        raise UserError(f"squeeze_repeats: longest: got {longest}, a whole number from 1 is allowed")
    return re.compile(rf"({UNIT})\1{{{longest},}}")


# Soft hyphen, zero-width space, word joiner, byte order mark. The zero-width joiners U+200C and U+200D stay:
# they hold emoji sequences together and are letters' parts in Persian and the Indian scripts.
INVISIBLE = {0x00AD: None, 0x200B: None, 0x2060: None, 0xFEFF: None}

# The empty Braille pattern and the Hangul fillers are letters to Unicode and a gap to the eye: empty posts and names
# are made of them.
BLANK = dict.fromkeys((0x2800, 0x3164, 0xFFA0), " ")

UNSEEN = {**INVISIBLE, **BLANK}


def strip_whitespace(text: str) -> str:
    """Remove invisible characters, make each run of white space one plain space, and strip both ends.

    White space is what Unicode calls so - line breaks, U+2028, tabs, the no-break space, the ideographic space
    U+3000 - and the blanks U+2800, U+3164 and U+FFA0.
    """
    return " ".join(text.translate(UNSEEN).split())
