"""Whole classes of characters."""

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
    return _runs(tuple(classes)).sub(" ", text)


@cache
def _runs(classes: Sequence[str]) -> re.Pattern[str]:
    if not classes:
        raise UserError("drop_characters: classes: got [], one or more of latin, digits, punctuation are allowed")
    members = {"latin": LATIN, "digits": r"\d"}
    return re.compile(f"[{''.join(_punctuation() if name == 'punctuation' else members[name] for name in classes)}]+")


def _punctuation() -> str:
    everywhere = (chr(code) for code in range(sys.maxunicode + 1))
    return re.escape("".join(c for c in everywhere if unicodedata.category(c)[0] == "P" or c in "$+<=>^`|~"))
