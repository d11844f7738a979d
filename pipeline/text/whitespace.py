"""White space that nobody sees."""

# Soft hyphen, zero-width space, word joiner, byte order mark. The zero-width joiners U+200C and U+200D stay:
# they hold emoji sequences together and are letters' parts in Persian and the Indian scripts.
INVISIBLE = {0x00AD: None, 0x200B: None, 0x2060: None, 0xFEFF: None}


def strip_whitespace(text: str) -> str:
    """Remove invisible characters, make each run of white space one plain space, and strip both ends.

    White space is what Unicode calls so: line breaks, U+2028, tabs, the no-break space, the ideographic space
    U+3000.
    """
    return " ".join(text.translate(INVISIBLE).split())
