import pytest

from pipeline import registry
from pipeline.text import clean


def test_applies_steps_in_order_and_keeps_every_text():
    assert clean(["  A  b ", "", "c"], ["strip_whitespace"]) == ["A b", "", "c"]
    assert clean([" A "], []) == [" A "]


def test_refuses_an_unknown_step():
    with pytest.raises(ValueError, match=r"no cleaning step 'strip_html'; known: .*strip_whitespace"):
        clean(["x"], ["strip_html"])


@pytest.mark.parametrize("step", registry.words("cleaning"))
def test_every_registered_step_takes_any_text_and_settles(step):
    function = registry.load("cleaning", step)
    for text in [
        "",
        " ",
        "plain",
        "赞//@Lan: http://t.cn/A6v\u2028转发微博Ｎ９５",
        "@",
        "//@",
        "回复@:",
        "😷\u200d\u2640\ufe0f",
        "\x00",
    ]:
        once = function(text)
        assert isinstance(once, str)
        assert function(once) == once
