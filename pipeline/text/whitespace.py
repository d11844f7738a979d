"""White space that nobody sees."""

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
