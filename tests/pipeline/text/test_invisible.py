import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.invisible import remove_invisible

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("武\u200b汉\ufeff加\u2060油\u00ad", "武汉加油"),
        ("a\x00b\x07c\x1bd\x7fe\x9ff", "abcdef"),
        ("\u202egnp.exe\u202c \u200e3\u200f \u2066x\u2069", "gnp.exe 3 x"),
        ("a\tb\nc\r\nd\u2028e\u2029f\xa0g\u3000h\x85i", "a\tb\nc\r\nd\u2028e\u2029f\xa0g\u3000h\x85i"),
        ("武\u200d汉 a\u200cb \u200d", "武汉 ab "),  # nothing to join
        ("👩\u200d⚕\ufe0f", "👩\u200d⚕\ufe0f"),
        ("👩\u200d⚕\ufe0f\u200d武", "👩\u200d⚕\ufe0f武"),
        ("می\u200cخواهم क्\u200dष", "می\u200cخواهم क्\u200dष"),
        (f"{ENGLAND}赢", f"{ENGLAND}赢"),
        ("秘\U000e0067\U000e0062密\U000e0001", "秘密"),
        ("笑\ud83d \ude02", "笑 "),
        ("\ue412 \ufffd \u0300", "\ue412 \ufffd \u0300"),
        ("武\u200b\u200d😷", "武😷"),
        ("😷\u200b\u200d\u200b⚕", "😷\u200d⚕"),
    ],
)
def test_examples(given_text, expected):
    assert remove_invisible(given_text) == expected


def test_takes_what_unicode_calls_control_or_format_and_nothing_else():
    seen_formats = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\U000110bd\U000110cd")
    for code in range(0x3000):
        sign = chr(code)
        invisible = unicodedata.category(sign) in ("Cc", "Cf") and not sign.isspace() and sign not in seen_formats
        newer = code in (0x890, 0x891)  # visible too; formats since Unicode 14
        assert newer or remove_invisible(f"a{sign}b") == ("ab" if invisible else f"a{sign}b"), hex(code)


@given(st.text(st.sampled_from("\u200b\u200c\u200d\ufeff\x00\U0001f3f4\U000e0067\U000e007f😷⚕武a म\ud800\ufe0f")))
def test_keeps_all_that_is_seen_and_settles(text):
    cleaned = remove_invisible(text)
    assert remove_invisible(cleaned) == cleaned
    hidden = "\u200b\u200c\u200d\ufeff\x00\U000e0067\U000e007f\ud800"
    assert [c for c in cleaned if c not in hidden] == [c for c in text if c not in hidden]
    assert not set("\u200b\ufeff\x00\ud800") & set(cleaned)
