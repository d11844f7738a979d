"""Which characters belong to scripts that put spaces between words, and text put together again from words."""

import re
from collections.abc import Sequence

NEEDS_SPACE = re.compile(r"[^\W\u2e80-\U0003ffff]")  # letters and digits, but for those of scripts without spaces


def join_words(words: Sequence[str]) -> str:
    """Words without spaces, but for one between two of letters or digits of scripts that use them."""
    text = ""
    for word in words:
        space = text and NEEDS_SPACE.match(text[-1]) and NEEDS_SPACE.match(word[0])
        text += f" {word}" if space else word
    return text
