import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.html import unescape_html


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
def test_examples(given_text, expected):
    assert unescape_html(given_text) == expected


@given(st.text())
def test_brings_back_what_was_escaped(text):
    settled = unescape_html(text)  # a text that holds no entity itself
    assert unescape_html(html.escape(html.escape(settled))) == settled
