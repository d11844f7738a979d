import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.whitespace import strip_whitespace


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
def test_examples(given_text, expected):
    assert strip_whitespace(given_text) == expected


@given(st.text())
def test_what_is_seen_stays(text):
    cleaned = strip_whitespace(text)
    assert "".join(cleaned.split()) == "".join(
        c for c in text if not c.isspace() and c not in "\u00ad\u200b\u2060\ufeff\u2800\u3164\uffa0"
    )
    assert "  " not in cleaned
    assert cleaned == cleaned.strip()
