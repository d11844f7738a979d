import pytest

from pipeline.data.sources.decode import decode
from pipeline.errors import UserError

CHINESE = "id,text\n1,武汉加油，一定会好起来\n2,致敬逆行者\n"


@pytest.mark.parametrize("raw", [CHINESE.encode(), b"\xef\xbb\xbf" + CHINESE.encode()])
def test_utf8_with_and_without_byte_order_mark(raw):
    assert decode(raw, "a.csv", ["utf-8", "gb18030"]) == (CHINESE, [])


def test_falls_back_in_the_declared_order_and_says_so():
    text, warnings = decode(CHINESE.encode("gb18030"), "a.csv", ["utf-8", "gb18030"])
    assert text == CHINESE
    assert warnings == ["a.csv: not utf-8, see line 2 (byte 10 of the file: 0xCE); read as gb18030"]


def test_only_declared_encodings_are_tried():
    with pytest.raises(UserError, match=r"a\.csv: cannot be decoded: utf-8 fails in line 2 \(byte 10 .*: 0xCE\)"):
        decode(CHINESE.encode("gb18030"), "a.csv", ["utf-8"])


def test_utf8_with_a_broken_byte_is_not_taken_for_gb18030():
    raw = "id,text\n1,武汉加油武汉加油".encode()[:-2] + b"\n"
    assert "姝" in raw.decode("gb18030", errors="replace")
    whole = raw.replace(b"\n", b"\x81\x40")  # no line break, so that GB18030 finds nothing wrong
    whole.decode("gb18030")
    with pytest.raises(
        UserError, match=r"cannot be decoded: utf-8 fails in line 1 \(byte \d+ of the file: 0x..\)\. Mend"
    ):
        decode(whole, "a.csv", ["utf-8", "gb18030"])


def test_bytes_that_fit_nothing_name_every_attempt():
    with pytest.raises(UserError, match=r"utf-8 fails in line 1 .*; gb18030 fails in line 2 .*put the file's own"):
        decode(b"\xcf\xcf\xcf\xcf\n\xff\xff", "a.csv", ["utf-8", "gb18030"])


def test_utf16_is_named():
    with pytest.raises(UserError, match=r"Add utf-16 to data.encodings"):
        decode("id,text\n1,a\n".encode("utf-16"), "a.csv", ["utf-8", "gb18030"])
    assert decode("id".encode("utf-16"), "a.csv", ["utf-16"]) == ("id", [])


def test_unknown_encoding():
    with pytest.raises(UserError, match=r"data.encodings: got 'utf-9'"):
        decode(b"x", "a.csv", ["utf-9"])
