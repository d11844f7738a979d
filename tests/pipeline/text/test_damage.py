import html
import unicodedata

import ftfy
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.text.damage import fix_mojibake, remove_invisible, unescape_html


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("æ­¦æ±\x89åŠ\xa0æ²¹", "武汉加油"),
        ("donâ€™t â€œquoteâ€\x9d", "don’t “quote”"),
        ("ÃƒÂ©tÃƒÂ©", "été"),  # twice over
        ("ðŸ˜‚ haha", "😂 haha"),
        ("привет мир".encode().decode("cp1251"), "привет мир"),
        ("武汉加油！“好”——真的…… café", "武汉加油！“好”——真的…… café"),
        ("姝︽眽 锟斤拷 ??", "姝︽眽 锟斤拷 ??"),  # read as GBK, or lost: beyond repair here
    ],
)
def test_mojibake_examples(given_text, expected):
    assert fix_mojibake(given_text) == expected


ENCODINGS = ["latin-1", "cp1252", "cp1251", "cp1250", "cp1253", "cp437", "mac_roman"]
SPOILT = st.builds(
    lambda text, encoding: text.encode("utf-8", "replace").decode(encoding, "replace"),
    st.text(st.sampled_from("武汉加油éüñ“”’—…😂кот ab1")),
    st.sampled_from(ENCODINGS),
)


@given(st.one_of(SPOILT, st.text(), st.text(st.characters(max_codepoint=0x2FF))))
@example("À€ АЂ └Ç")
def test_the_shortcut_leaves_nothing_out(text):
    assert fix_mojibake(text) == ftfy.fix_encoding(text)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("公众&amp;专家", "公众&专家"),
        ("&lt;b&gt; 5 &times; 3 &quot;好&quot; it&#39;s &#x6B66;", '<b> 5 × 3 "好" it\'s 武'),
        ("25&ordm;，m&sup3;", "25º，m³"),
        ("a&nbsp;b", "a\xa0b"),
        ("&amp;amp;lt;", "<"),  # escaped three times
        ("AT&T, Tom&Jerry;", "AT&T, Tom&Jerry;"),
        ("http://x.org/?a=1&copy=2&lt=3", "http://x.org/?a=1&copy=2&lt=3"),  # no semicolon
        ("&notit; &巴扎黑; &; &#; &#x; &#99999999;", "&notit; &巴扎黑; &; &#; &#x; &#99999999;"),
        ("&#0;&#xD800;&#1114112;", "\ufffd\ufffd\ufffd"),  # no characters: as HTML has it
        ("&#150;", "–"),  # a Windows-1252 number, as browsers read it
    ],
)
def test_html_examples(given_text, expected):
    assert unescape_html(given_text) == expected


@given(st.text())
def test_brings_back_what_was_escaped(text):
    settled = unescape_html(text)  # a text that holds no entity itself
    assert unescape_html(html.escape(html.escape(settled))) == settled


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
def test_invisible_examples(given_text, expected):
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
