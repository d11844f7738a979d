import emoji
import pytest

from pipeline.text.emoji import drop_emoji, name_emoji

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("given_text", "named", "dropped"),
    [
        ("笑😂😂了", "笑[笑哭了][笑哭了]了", "笑  了"),
        ("❤❤\ufe0f", "[红心][红心]", "  "),
        ("👍🏻👍🏿", "[拇指向上][拇指向上]", "  "),
        ("👩\u200d⚕\ufe0f 👩🏽\u200d⚕", "[女医生] [女医生]", "   "),
        ("🇨🇳🇯🇵", "[中国][日本]", "  "),
        (f"{ENGLAND}!", "[英格兰]!", " !"),
        ("1\ufe0f\u20e3 2\u20e3", "[按键1] [按键2]", "   "),
        ("😷\u200d🐱", "[感冒][猫脸]", " "),  # joined, but no emoji of its own
        # signs of plain text: emoji by their selector alone
        ("©2020 ↔ ㊗ ™ ‼ ⓐ ★ ① ✓ ﹏ 1 2 # *", *["©2020 ↔ ㊗ ™ ‼ ⓐ ★ ① ✓ ﹏ 1 2 # *"] * 2),
        ("↔\ufe0f ©\ufe0f", "[左右箭头] [版权]", "   "),
        ("[泪] :) T_T 武漢", "[泪] :) T_T 武漢", "[泪] :) T_T 武漢"),
        ("\u200d \ufe0f", "\u200d \ufe0f", "\u200d \ufe0f"),
        ("🇨 x", "🇨 x", "🇨 x"),  # half a flag
    ],
)
def test_examples(given_text, named, dropped):
    assert name_emoji(given_text, language="zh") == named
    assert drop_emoji(given_text) == dropped


def test_names_in_other_languages():
    assert name_emoji("😂!", language="en") == "[face with tears of joy]!"
    assert name_emoji("😂!", language="de") == "[gesicht mit freudentränen]!"


@pytest.mark.parametrize("status", ["fully_qualified", "minimally_qualified"])
def test_every_emoji_of_unicode_is_one_with_a_name(status):
    signs = [sign for sign, data in emoji.EMOJI_DATA.items() if data["status"] == emoji.STATUS[status]]
    assert len(signs) > 900
    for sign in signs:
        assert drop_emoji(f"a{sign}b") == "a b", sign
        named = name_emoji(sign, language="en")
        assert named.count("[") == 1, sign
        assert named[1:-1].isprintable(), sign


def test_every_one_is_named_as_the_library_names_it():
    toned = set("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
    for sign, data in emoji.EMOJI_DATA.items():
        if data["status"] == emoji.STATUS["fully_qualified"] and not toned & set(sign):
            assert name_emoji(sign, language="en") == "[" + data["en"].strip(":").replace("_", " ") + "]"
