import pytest

from pipeline.text.bracket_codes import drop_bracket_codes, open_bracket_codes


@pytest.mark.parametrize(
    ("given_text", "opened", "dropped"),
    [
        ("好[心][泪]吧", "好 心  泪 吧", "好  吧"),
        ("[doge]", " doge ", " "),
        ("[哆啦A梦吃惊]!", " 哆啦A梦吃惊 !", " !"),
        ("看[URL] [url] [12] [1][2]", "看[URL] [url] [12] [1][2]", "看[URL] [url] [12] [1][2]"),
        ("[恐怖！台州一轿车被贯通]", "[恐怖！台州一轿车被贯通]", "[恐怖！台州一轿车被贯通]"),
        ("[十一个字就是太长一些了]", "[十一个字就是太长一些了]", "[十一个字就是太长一些了]"),
        ("x[i] [] [ 泪 ] [/cp] 【心】", "x i  [] [ 泪 ] [/cp] 【心】", "x  [] [ 泪 ] [/cp] 【心】"),
        ("[[泪]]", "[ 泪 ]", "[ ]"),
    ],
)
def test_examples(given_text, opened, dropped):
    assert open_bracket_codes(given_text) == opened
    assert drop_bracket_codes(given_text) == dropped
