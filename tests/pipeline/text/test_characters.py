import unicodedata

import pytest

from pipeline.errors import UserError
from pipeline.text.characters import drop_characters


@pytest.mark.parametrize(
    ("given_text", "classes", "expected"),
    [
        ("看NBA比赛 Ｎ95口罩 café", ["latin"], "看 比赛  95口罩  "),
        ("2020年１月 ٣", ["digits"], " 年 月  "),
        ("好，真的!【武汉】~$5 [泪]", ["punctuation"], "好 真的 武汉 5  泪 "),
        ("a1，b", ["latin", "digits", "punctuation"], " "),
        ("кот 😂 ①", ["latin", "digits", "punctuation"], "кот 😂 ①"),
    ],
)
def test_examples(given_text, classes, expected):
    assert drop_characters(given_text, classes=classes) == expected


def test_latin_is_what_unicode_names_so():
    for code in range(0x250):
        sign = chr(code)
        latin = sign.isalpha() and (unicodedata.name(sign).startswith("LATIN") or sign in "ªº")
        assert drop_characters(sign, classes=["latin"]) == (" " if latin else sign), hex(code)


def test_refuses_no_class():
    with pytest.raises(UserError, match="one or more of latin, digits, punctuation"):
        drop_characters("a", classes=[])
