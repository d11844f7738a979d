import unicodedata

import pytest

from pipeline.text.case import lower_case
from pipeline.text.width import CHINESE_PUNCTUATION, full_to_half_width


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("Ｎ９５口罩＋１％", "N95口罩+1%"),
        ("加油！真的（吗）？好，好：一；～。、【】《》", "加油！真的（吗）？好，好：一；～。、【】《》"),
        ("＠ａ　＃ｂ＃", "@a #b#"),
        ("①½ﬁ㎏ｱ", "①½ﬁ㎏ｱ"),
    ],
)
def test_full_width_examples(given_text, expected):
    assert full_to_half_width(given_text) == expected


def test_agrees_with_nfkc_outside_chinese_punctuation():
    for code in range(0xFF01, 0xFF5F):
        char = chr(code)
        expected = char if char in CHINESE_PUNCTUATION else unicodedata.normalize("NFKC", char)
        assert full_to_half_width(char) == expected


def test_lower_case():
    assert lower_case("WHO说ÄΩ😷") == "who说äω😷"
