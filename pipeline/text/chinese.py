"""Traditional and simplified Chinese."""

import re
from functools import cache
from typing import Any

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
