import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.words.jieba_words import split_hashtags


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("#抗击疫情#武汉加油", [("#", False), ("抗击疫情", True), ("#武汉加油", False)]),
        ("今天#下雨#，", [("今天#", False), ("下雨", True), ("#，", False)]),
        ("#a b#", [("#", False), ("a_b", True), ("#", False)]),
        ("so #BlackLivesMatter!", [("so #", False), ("BlackLivesMatter", True), ("!", False)]),
        ("#开头 后面", [("#", False), ("开头", True), (" 后面", False)]),
        ("#一#二#", [("#", False), ("一", True), ("#二#", False)]),
        ("#一##二#", [("#", False), ("一", True), ("##", False), ("二", True), ("#", False)]),
        ("C# and F# ##", [("C# and F# ##", False)]),
        ("# #", [("# #", False)]),
        ("#！", [("#！", False)]),
        ("#" + "长" * 40 + "#", [("#" + "长" * 40 + "#", False)]),
        ("＃话题＃好", [("＃", False), ("话题", True), ("＃好", False)]),
        ("", []),
        ("none", [("none", False)]),
    ],
)
def test_by_hand(text, parts):
    assert merged(split_hashtags(text)) == parts


def merged(parts):
    """Parts outside that touch belong together."""
    joined = []
    for part, inside in parts:
        if joined and not inside and not joined[-1][1]:
            joined[-1] = (joined[-1][0] + part, False)
        else:
            joined.append((part, inside))
    return joined


@given(st.text(alphabet="#ab 话\n\u2028", max_size=40))
def test_nothing_but_white_space_is_lost(text):
    parts = split_hashtags(text)
    assert all(part for part, _ in parts)
    assert all(part.split() == [part] for part, inside in parts if inside)
    assert "".join("".join(part for part, _ in parts).replace("_", " ").split()) == "".join(text.split())
