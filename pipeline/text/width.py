"""Full-width forms: the wide Latin letters, digits and signs of East Asian keyboards."""

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
