"""One form for characters that have several: width, case, traditional and simplified Chinese."""

import re
from functools import cache
from typing import Any

# What Chinese writes in full width on purpose; half-width forms of these would be another character to a
# model.
CHINESE_PUNCTUATION = "！（），：；？～"

# The block U+FF01..U+FF5E repeats ASCII 0x21..0x7E in the same order.
HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in CHINESE_PUNCTUATION} | {
    0x3000: 0x20
}


def full_to_half_width(text: str) -> str:
    """Turn full-width letters, digits and signs into ASCII (`Ｎ９５＋１％` → `N95+1%`), U+3000 into a space.

    The Chinese punctuation ！（），：；？～ and 。、【】《》 stays, and so do half-width katakana. Unicode's
    NFKC would turn that punctuation into ASCII too, and would take apart ligatures, fractions and circled
    numbers.
    """
    return text.translate(HALF_WIDTH)


def lower_case(text: str) -> str:
    """Turn capital letters of every script into small ones; numbers, Chinese and emoji stay as they are."""
    return text.lower()


SURROGATES = re.compile(r"([\ud800-\udfff]+)")


def traditional_to_simplified(text: str) -> str:
    """Turn traditional Chinese into simplified by OpenCC's `t2s`, word by word: `乾燥` → `干燥`, but `乾隆` stays.

    Japanese is not told apart from Chinese, and its characters are simplified as well.
    """
    if text.isascii():
        return text
    # OpenCC takes UTF-8, in which halves of surrogate pairs cannot be written.
    parts = [text] if not SURROGATES.search(text) else SURROGATES.split(text)
    return "".join(part if SURROGATES.match(part) else _converter().convert(part) for part in parts)


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")
