import unicodedata

import pytest

from pipeline.text.character_forms import CHINESE_PUNCTUATION, full_to_half_width, lower_case, traditional_to_simplified


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


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("武漢加油[淚]", "武汉加油[泪]"),
        ("頭髮和發展", "头发和发展"),
        ("乾隆皇帝 乾燥", "乾隆皇帝 干燥"),
        ("著名作家", "著名作家"),
        ("已经是简体，皇后、面条、茶几", "已经是简体，皇后、面条、茶几"),
        ("ascii 123 , .", "ascii 123 , ."),
        ("漢\x00語", "汉\x00语"),
        ("漢\ud83d語\ude02\ud83d", "汉\ud83d语\ude02\ud83d"),  # lone surrogates are no UTF-8
        ("한국어 かな😂", "한국어 かな😂"),
    ],
)
def test_chinese_examples(given_text, expected):
    assert traditional_to_simplified(given_text) == expected
    assert traditional_to_simplified(expected) == expected
