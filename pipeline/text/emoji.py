"""Emoji of Unicode."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal

import emoji

# `↔`, `©` or `㊗` are signs of plain text too, and emoji only where the selector U+FE0F says so; hearts, suns and hands
# are emoji everywhere.
FULL = emoji.STATUS["fully_qualified"]
SINGLE = sorted(sign for sign in emoji.EMOJI_DATA if len(sign) == 1)
ALONE = [
    sign
    for sign in SINGLE
    if emoji.EMOJI_DATA[sign]["status"] == FULL or "\u2600" <= sign < "\u3000" or sign > "\U0001f000"
]


def _character_class(signs: Sequence[str]) -> str:
    """Write a character class of sorted signs for `re`, as ranges: single signs past U+FFFF are tried one by one."""
    known = frozenset(signs)
    first = [sign for sign in signs if chr(ord(sign) - 1) not in known]
    last = [sign for sign in signs if chr(ord(sign) + 1) not in known]
    return "[" + "".join(f"{a}-{b}" for a, b in zip(first, last, strict=True)) + "]"


SKIN = "\U0001f3fb-\U0001f3ff"
EMOJI = re.compile(
    rf"""[0-9\#*]\ufe0f?\u20e3
      | [\U0001f1e6-\U0001f1ff]{{2}}
      | \U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{{1,6}}\U000e007f
      | (?:{_character_class(ALONE)}|{_character_class(SINGLE)}(?=\ufe0f))\ufe0f?[{SKIN}]?
        (?:\u200d{_character_class(SINGLE)}\ufe0f?[{SKIN}]?)*
    """,
    re.VERBOSE,
)
# Every emoji has one of these: a search for them is fast, and most texts have none.
HINT = re.compile("[\u20e3\u2194-\u2fff\ufe0f\U0001f000-\U0001ffff]")
VARIANT = re.compile(rf"[\ufe0f{SKIN}]")


def drop_emoji(text: str) -> str:
    """Put a space in place of each emoji, sequences (flags, families, keycaps) as one."""
    return EMOJI.sub(" ", text) if HINT.search(text) else text


def name_emoji(
    text: str,
    *,
    language: Literal["zh", "en", "es", "ja", "ko", "pt", "it", "fr", "de", "fa", "id", "ru", "ar", "tr"],
) -> str:
    """Put its Unicode name in brackets in place of each emoji: `😂` → `[笑哭了]` (zh), `[face with tears of joy]` (en).

    So emoji look like Weibo's own codes. Skin tones are left out; a sequence without a name of its own becomes the
    names of its parts, and what has none stays. The names are Unicode's, from the package emoji.
    """
    if not HINT.search(text):
        return text
    names = _names(language)

    def name(found: re.Match[str]) -> str:
        whole = VARIANT.sub("", found[0]) or found[0]
        parts = [whole] if whole in names else whole.split("\u200d")
        return "".join(f"[{names[part]}]" if part in names else part for part in parts)

    return EMOJI.sub(name, text)


@cache
def _names(language: str) -> dict[str, str]:
    """Map each emoji, without variation selectors and skin tones, to its name, with words spaced as in the language."""
    emoji.config.load_language(language)
    gap = "" if language in ("zh", "ja") else " "
    names: dict[str, str] = {}
    for sign in sorted(emoji.EMOJI_DATA, key=len):
        name = emoji.EMOJI_DATA[sign].get(language)
        if name:
            names.setdefault(VARIANT.sub("", sign) or sign, name.strip(":").replace("_", gap))
    return names
