import pytest

from pipeline.errors import UserError
from pipeline.words.dictionary import Entry, read_dictionary, write_dictionary


def test_every_form_of_a_line(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("\ufeff云计算 5 n\r\n\r\n李小福 2\n创新办\n韩玉赏鉴 nz\n2020\t7\n", encoding="utf-8")
    assert read_dictionary(path) == [
        Entry("云计算", 5),
        Entry("李小福", 2),
        Entry("创新办", None),
        Entry("韩玉赏鉴", None),
        Entry("2020", 7),
    ]


def test_written_and_read_again(tmp_path):
    entries = [Entry("新词", None), Entry("旧词", 3), Entry("a\u0301", 1)]
    write_dictionary(tmp_path / "words.txt", entries)
    assert read_dictionary(tmp_path / "words.txt") == entries


@pytest.mark.parametrize("line", ["两个 词", "词 5 n x", "词 0", "词 -1", "词 ５"])
def test_a_line_of_another_form_is_refused(line, tmp_path):
    path = tmp_path / "words.txt"
    path.write_text(f"好\n{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"words\.txt: line 2: got "):
        read_dictionary(path)


def test_a_missing_or_broken_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="not found; put the words there"):
        read_dictionary(tmp_path / "none.txt")
    (tmp_path / "gbk.txt").write_bytes("中文".encode("gb18030"))
    with pytest.raises(UserError, match="not UTF-8"):
        read_dictionary(tmp_path / "gbk.txt")
