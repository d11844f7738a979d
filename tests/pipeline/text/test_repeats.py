import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.text.repeats import squeeze_repeats


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
def test_examples(given_text, longest, expected):
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
