import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.text.runs import drop_characters, squeeze_repeats, strip_whitespace


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
def test_characters_examples(given_text, classes, expected):
    assert drop_characters(given_text, classes=classes) == expected


def test_latin_is_what_unicode_names_so():
    for code in range(0x250):
        sign = chr(code)
        latin = sign.isalpha() and (unicodedata.name(sign).startswith("LATIN") or sign in "ªº")
        assert drop_characters(sign, classes=["latin"]) == (" " if latin else sign), hex(code)


def test_refuses_no_class():
    with pytest.raises(UserError, match="one or more of latin, digits, punctuation"):
        drop_characters("a", classes=[])


@pytest.mark.parametrize(
    ("given_text", "longest", "expected"),
    [
        ("哈哈哈哈哈！！！！！！soooooo", 3, "哈哈哈！！！sooo"),
        ("哈哈哈哈哈！！！！！！soooooo", 1, "哈！so"),
        ("[泪][泪][泪][泪][心][心]", 3, "[泪][泪][泪][心][心]"),
        ("[泪][泪]啊[泪]", 1, "[泪]啊[泪]"),
        ("1000000 ００００ ٣٣٣٣ 1111 a", 3, "1000000 ００００ ٣٣٣٣ 1111 a"),
        ("a    \n\n\n\n b", 3, "a    \n\n\n\n b"),
        ("😂😂😂😂😂", 2, "😂😂"),
        ("👍🏻👍🏻👍🏻👍🏿", 2, "👍🏻👍🏻👍🏿"),
        ("❤\ufe0f❤\ufe0f❤\ufe0f", 2, "❤\ufe0f❤\ufe0f"),
        ("👩\u200d⚕\ufe0f" * 4, 3, "👩\u200d⚕\ufe0f" * 3),
        ("🇨🇳🇨🇳🇨🇳🇨🇳", 3, "🇨🇳🇨🇳🇨🇳"),
        ("哈嘿哈嘿哈嘿", 1, "哈嘿哈嘿哈嘿"),
        ("[face with tears of joy]" * 5, 3, "[face with tears of joy]" * 3),
        ("[aaa][aaa][aaa][aaaa]", 3, "[aaa][aaa][aaa]"),
    ],
)
def test_repeats_examples(given_text, longest, expected):
    assert squeeze_repeats(given_text, longest=longest) == expected


@given(st.text(st.sampled_from("ab哈！😂1 \n")), st.integers(1, 4))
def test_single_characters_against_a_slow_version(text, longest):
    runs = [(char, len(list(run))) for char, run in itertools.groupby(text)]
    slow = "".join(c * (n if c.isdigit() or c.isspace() else min(n, longest)) for c, n in runs)
    assert squeeze_repeats(text, longest=longest) == slow


@pytest.mark.parametrize("longest", [0, -1])
def test_refuses_to_leave_nothing(longest):
    with pytest.raises(UserError, match=f"longest: got {longest}, a whole number from 1 is allowed"):
        squeeze_repeats("a", longest=longest)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("  a \t b\r\n c ", "a b c"),
        ("line\u2028para\u2029end", "line para end"),
        ("全角\u3000空格\xa0不断", "全角 空格 不断"),
        ("\ufeff武\u200b汉\u2060加\u00ad油", "武汉加油"),
        ("👩\u200d⚕\ufe0f", "👩\u200d⚕\ufe0f"),  # joined emoji stay joined
        ("می\u200cخواهم", "می\u200cخواهم"),  # and so do Persian words
        ("\u3000\u200b ", ""),
        ("\u2800\u3164好\uffa0的", "好 的"),  # blanks that Unicode calls letters
    ],
)
def test_whitespace_examples(given_text, expected):
    assert strip_whitespace(given_text) == expected


@given(st.text())
def test_what_is_seen_stays(text):
    cleaned = strip_whitespace(text)
    assert "".join(cleaned.split()) == "".join(
        c for c in text if not c.isspace() and c not in "\u00ad\u200b\u2060\ufeff\u2800\u3164\uffa0"
    )
    assert "  " not in cleaned
    assert cleaned == cleaned.strip()
