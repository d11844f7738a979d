import ftfy
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.text.mojibake import fix_mojibake


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
def test_examples(given_text, expected):
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
