import numpy as np
import pytest

from pipeline.data.sources.decode import decode
from pipeline.errors import UserError

CHINESE = "id,text\n1,武汉加油，一定会好起来\n2,致敬逆行者\n"


@pytest.mark.parametrize("raw", [CHINESE.encode(), b"\xef\xbb\xbf" + CHINESE.encode()])
def test_utf8_with_and_without_byte_order_mark(raw):
    assert decode(raw, "a.csv", ["utf-8", "gb18030"]) == (CHINESE, [], [])


def test_falls_back_in_the_declared_order_and_says_so():
    text, warnings, _ = decode(CHINESE.encode("gb18030"), "a.csv", ["utf-8", "gb18030"])
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
    assert decode("id".encode("utf-16"), "a.csv", ["utf-16"]) == ("id", [], [])


def test_unknown_encoding():
    with pytest.raises(UserError, match=r"data.encodings: got 'utf-9'"):
        decode(b"x", "a.csv", ["utf-9"])


GBK = "id,text\n1,武汉加油\n2,致敬逆行者\n".encode("gb18030")


@pytest.mark.parametrize(
    ("raw", "text", "lines"),
    [
        (GBK[:12] + b"\xff" + GBK[12:], "id,text\n1,武\ufffd汉加油\n2,致敬逆行者\n", [2]),
        # A lone lead byte before a separator, a line break and a digit: only the byte itself is replaced.
        (b"\xce,a\n\xce\n\xce1 \n" + GBK, "\ufffd,a\n\ufffd\n\ufffd1 \nid,text\n1,武汉加油\n2,致敬逆行者\n", [1, 2, 3]),
        # At the end of the file Python's own replacement would take the digit and the line break along.
        (GBK + b"\xce1\n", "id,text\n1,武汉加油\n2,致敬逆行者\n\ufffd1\n", [4]),
        (GBK + b"\xff\xff", "id,text\n1,武汉加油\n2,致敬逆行者\n\ufffd\ufffd", [4, 4]),
    ],
)
def test_undecodable_bytes_are_replaced_one_by_one_and_nothing_else_is_touched(raw, text, lines):
    found = decode(raw, "a.csv", ["utf-8", "gb18030"], "replace")
    assert found.text == text
    assert found.replaced == lines
    assert len(found.warnings) == 1
    assert f"read as gb18030; {len(lines)} bytes could not be, and became U+FFFD: line {lines[0]}" in found.warnings[0]
    with pytest.raises(UserError, match=r"cannot be decoded: utf-8 fails .*, or set data\.undecodable to replace$"):
        decode(raw, "a.csv", ["utf-8", "gb18030"], "refuse")


def test_replacing_agrees_with_dropping_what_was_put_in():
    rng = np.random.default_rng(0)
    for _ in range(50):
        text = "".join(rng.choice(list("武汉加油ab,0\n𠀀é"), size=30))
        pieces = [char.encode("utf-8") for char in text]
        places = sorted(rng.choice(30, size=3, replace=False).tolist(), reverse=True)
        for place in places:
            pieces.insert(place, b"\xff")
        found = decode(b"".join(pieces), "a.csv", ["utf-8"], "replace")
        assert found.text.replace("\ufffd", "") == text
        assert [
            found.text[:i].count("\n") + 1 for i, char in enumerate(found.text) if char == "\ufffd"
        ] == found.replaced


def test_damaged_utf8_is_repaired_as_utf8_whatever_else_fits():
    raw = ("武汉加油" * 20).encode()[:-1]
    found = decode(raw, "a.csv", ["utf-8", "gb18030"], "replace")
    assert found.text == "武汉加油" * 19 + "武汉加" + "\ufffd\ufffd"
    assert "read as utf-8; 2 bytes" in found.warnings[0]
    # GB18030 may even fail at fewer bytes; each of the others would be a wrong character.
    assert decode(raw, "a.csv", ["gb18030", "utf-8"], "replace").text == found.text


def test_what_is_utf16_is_not_replaced_but_named():
    raw = "武汉".encode("utf-16") + b"\x00"
    with pytest.raises(UserError, match="Add utf-16"):
        decode(raw, "a.csv", ["utf-8"], "replace")
    assert decode(raw, "a.csv", ["utf-16"], "replace").text == "武汉\ufffd"


def test_many_lines_are_not_all_shown():
    (warning,) = decode(b"\xff\n" * 9, "a.csv", ["utf-8"], "replace").warnings
    assert warning.endswith("9 bytes could not be, and became U+FFFD: line 1, 2, 3, 4, 5, …")


def test_unknown_rule():
    with pytest.raises(ValueError, match="no rule 'drop'"):
        decode(b"a", "a.csv", ["utf-8"], "drop")
