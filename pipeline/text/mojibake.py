"""Text that was decoded with the wrong encoding."""

import re

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
