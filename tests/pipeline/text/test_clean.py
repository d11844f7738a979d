import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import registry
from pipeline.text import clean, load_step

ARGUMENTS = {
    "squeeze_repeats": {"longest": 3},
    "name_emoji": {"language": "zh"},
    "drop_characters": {"classes": ["latin", "punctuation"]},
}
STEPS = [{"name": word, **ARGUMENTS.get(word, {})} for word in registry.words("cleaning")]

# A `#` that stood alone may pair with another when the hashtag between them is gone.
MAY_PAIR_AGAIN = ("open_hashtags", "drop_hashtags")

# What steps look for, whole and in pieces, so that drawn texts hold it, next to anything else.
PIECES = [
    *[
        "http://t.cn/A6v",
        "www.",
        "//@Lan",
        "//@",
        "@Wei",
        "回复",
        "：",
        ":",
        "#话题#",
        "#tag",
        "#",
        "＃",
        "[泪]",
        "[",
        "]",
        "转发微博",
        "展开全文",
        "...全文",
        "&amp;",
        "&#39;",
        "&",
        ";",
    ],
    *[
        "😂",
        "👩\u200d⚕",
        "❤️",
        "1️⃣",
        "🇨🇳",
        "Ｎ９５",
        "漢語",
        "武汉",
        "哈哈哈哈",
        "!!!!",
        "...",
        ",",
        "(",
        ")",
        '"',
        "~",
        "æ\xad¦",
        "\x89",
        "12",
        "3.5",
        "a",
        "A",
        "[URL]",
    ],
    *["\ufe0f", "\u200d", "\u200b", "\u2028", "\xa0", "\x00", " ", "\n", "\ud83d"],
]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
NUMBERS = st.lists(st.one_of(st.integers(0, 30_000).map(str), st.sampled_from("，。！？"))).map(" ".join)


def test_applies_steps_in_order_and_keeps_every_text():
    assert clean(["  A  b ", "", "c"], ["strip_whitespace"]) == ["A b", "", "c"]
    assert clean([" A "], []) == [" A "]
    assert clean(["AAA aaa"], [{"name": "squeeze_repeats", "longest": 2}, "lower_case"]) == ["aa aa"]
    assert clean(["AAa"], ["lower_case", {"name": "squeeze_repeats", "longest": 2}]) == ["aa"]
    assert clean(["AAa"], [{"name": "squeeze_repeats", "longest": 2}, {"name": "lower_case"}]) == ["aaa"]


def test_refuses_an_unknown_step():
    with pytest.raises(ValueError, match=r"no cleaning step 'strip_html'; known: .*strip_whitespace"):
        clean(["x"], ["strip_html"])


@pytest.mark.parametrize("step", STEPS, ids=registry.words("cleaning"))
@settings(derandomize=True)
@given(text=TEXTS)
def test_every_step_takes_any_text_and_settles(step, text):
    function = load_step(step)
    once = function(text)
    assert isinstance(once, str)
    if step["name"] not in MAY_PAIR_AGAIN:
        assert function(once) == once


@pytest.mark.parametrize("step", STEPS, ids=registry.words("cleaning"))
@settings(derandomize=True)
@given(text=NUMBERS)
def test_the_numbers_of_an_anonymised_competition_stay(step, text):
    without = {"name": "drop_characters", "classes": ["latin"]} if step["name"] == "drop_characters" else step
    assert load_step(without)(text) == text


def test_the_order_that_params_yaml_recommends():
    """Every step in the order of the registry, on one text that has something for most of them."""
    steps = [step for step in STEPS if step["name"] not in ("drop_characters", "lower_case")]
    keeping = [step for step in steps if not step["name"].startswith("drop_")]
    post = "回复@Lan:å¥½的&amp;＃武漢加油＃😂😂😂😂😂!!!!!\u200b[淚][淚][淚][淚]http://t.cn/A6@x,//@Wei:转发微博\u2028"
    assert clean([post], keeping) == ["@ 好的& 武汉加油 笑哭了 笑哭了 笑哭了 ！！！ 泪 泪 泪 [URL]@ ,@"]
