"""Characters that nobody sees and that are no white space."""

import re

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
