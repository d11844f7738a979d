import pytest

from pipeline.text.chinese import traditional_to_simplified


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
def test_examples(given_text, expected):
    assert traditional_to_simplified(given_text) == expected
    assert traditional_to_simplified(expected) == expected
