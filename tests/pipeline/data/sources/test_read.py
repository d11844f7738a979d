"""One hostile little file for each way in which a competition's file goes wrong."""

import csv
import gzip
import json
from pathlib import Path

import pytest

from pipeline.data.sources.read import Layout, read_table, read_tables
from pipeline.errors import UserError

COLUMNS = {"row_id": "id", "text": "text", "label": "label"}


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path.relative_to(tmp_path)

    return write


def read(path, columns=COLUMNS, optional=(), **layout):
    reading = read_table(path, columns, Layout(**layout), optional)
    assert reading.warnings == []
    assert reading.replaced == {}
    return reading.rows


def values(frame, *columns):
    return frame[list(columns)].to_numpy().tolist()


def test_csv_keeps_every_value_as_it_is_written(file):
    path = file("a.csv", "id,other,label,text\n007,x,1,NA\n1e3,,1.0,null\n,x,nan, a \n18446744073709551617,,-1,\n")
    frame = read(path)
    assert list(frame.columns) == ["row_id", "text", "label", "file", "line"]
    assert values(frame, "row_id", "text", "label") == [
        ["007", "NA", "1"],
        ["1e3", "null", "1.0"],
        ["", " a ", "nan"],
        ["18446744073709551617", "", "-1"],
    ]
    assert values(frame, "file", "line") == [["a.csv", 2], ["a.csv", 3], ["a.csv", 4], ["a.csv", 5]]


def test_quoted_fields_hold_separators_line_breaks_and_quotes(file):
    path = file("a.csv", b'\xef\xbb\xbf"id","text","label"\r\n1,"a, b\r\nc ""d""",x\r\n2,\xe2\x80\xa8e\x0bf,y\r\n')
    frame = read(path)
    assert values(frame, "row_id", "text", "label") == [
        ["1", 'a, b\r\nc "d"', "x"],
        ["2", "\u2028e\x0bf", "y"],
    ]
    assert frame["line"].tolist() == [2, 4]


def test_tsv_without_quoting_takes_quotes_as_characters(file):
    content = 'id\tlabel\ttext\r\n0\t2\t"天使\r\n1\t2\t说"好"的\u2028 \x85\r\n2\t0\t结"\r\n'
    frame = read(file("a.tsv", content), quoting=False)
    assert values(frame, "row_id", "label", "text") == [
        ["0", "2", '"天使'],
        ["1", "2", '说"好"的\u2028 \x85'],
        ["2", "0", '结"'],
    ]
    assert frame["line"].tolist() == [2, 3, 4]


def test_agrees_with_the_csv_writer(file):
    rows = [
        [str(i), text, "l"] for i, text in enumerate(["", '"', '""', "a,b", "\n", "\r\n", "x" * 200_000, "'", "\t"])
    ]
    with Path("w.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([["id", "text", "label"], *rows])
    assert values(read(Path("w.csv")), "row_id", "text", "label") == rows


@pytest.mark.parametrize(
    ("name", "separator", "content"),
    [
        ("a.csv", "|,|", "id|,|text|,|label\n1|,|a,b|,|x\n"),
        ("a.txt", "\t", "id\ttext\tlabel\n1\ta,b\tx\n"),
        ("a.txt", r"\t", "id\ttext\tlabel\n1\ta,b\tx\n"),
        ("a.csv", ";", "id; text ;label\n1;a,b;x\n"),
    ],
)
def test_separators(file, name, separator, content):
    assert values(read(file(name, content), separator=separator, quoting=False), *COLUMNS) == [["1", "a,b", "x"]]


def test_a_long_separator_needs_quoting_off(file):
    with pytest.raises(UserError, match=r"data.separator '\|,\|' has 3 characters.*quoting to false"):
        read(file("a.csv", "id|,|text\n"), separator="|,|")


@pytest.mark.parametrize(("separator", "quoting"), [("|,|", False), (",", True)])
def test_files_without_header_line(file, separator, quoting):
    layout = {"header": ["label", "id", "text"], "label": "label", "separator": separator, "quoting": quoting}
    rows = [["x", "1", "a"], ["y", "2", "id"]]
    train = file("a.csv", "\ufeff\r\n" + "".join(f"{separator.join(row)}\r\n" for row in rows))
    found = read(train, **layout)
    assert values(found, "label", "row_id", "text", "line") == [["x", "1", "a", 2], ["y", "2", "id", 3]]
    test = file("b.csv", "".join(f"{separator.join(row[1:])}\n" for row in rows))
    assert values(read(test, {"row_id": "id", "text": "text"}, **layout), "row_id", "text", "line") == [
        ["1", "a", 1],
        ["2", "id", 2],
    ]
    with pytest.raises(UserError, match=r"1 rows do not have the 3 fields of the header \(line 1 has 4\)"):
        read(file("c.csv", separator.join("abcd")), **layout)


@pytest.mark.parametrize("quoting", [True, False])
def test_blank_lines(file, quoting):
    several = file("a.csv", "\n\nid,text,label\n\n1,a,x\n\r\n2,b,y\n\n")
    assert values(read(several, quoting=quoting), "row_id", "line") == [["1", 5], ["2", 7]]
    one = file("b.csv", "text\na\n\nb\n")
    assert values(read(one, {"text": "text"}, quoting=quoting), "text", "line") == [
        ["a", 2],
        ["", 3],
        ["b", 4],
    ]


def test_lines_of_plain_text_keep_their_places(file):
    frame = read(file("a.txt", "a\u2028b\r\n\n c,\t\n"), {"text": "content"})
    assert values(frame, "text", "line") == [["a\u2028b", 1], ["", 2], [" c,\t", 3]]


def test_json_list_and_lines_agree_and_keep_numbers_as_written(file):
    lines = ['{"id": 12345678901234567890, "text": "a\u2028b", "label": 0, "meta": {"k": [1]}}']
    lines += ['{"id": "007", "label": 1.10, "text": null}', '{"id": "x", "text": true, "label": NaN}']
    expected = [["12345678901234567890", "a\u2028b", "0"], ["007", None, "1.10"], ["x", "true", None]]
    files = {
        "a.jsonl": "\n".join(lines) + "\n\n",
        "a.ndjson": "\r\n".join(lines),
        "b.json": "\n".join(lines),
        "a.json": "[" + ",\n".join(lines) + "]",
    }
    for name, content in files.items():
        frame = read(file(name, content))
        found = frame[list(COLUMNS)].astype(object).where(frame[list(COLUMNS)].notna(), None).to_numpy().tolist()
        assert found == expected, name
        assert frame["line"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("label", "read_as"),
    [("3", "3"), ("-1", "-1"), ("1.0", "1.0"), ("true", "true"), ("false", "false"), ('"10-2"', "10-2"), ('""', "")],
)
def test_labels_of_any_json_type_are_strings(file, label, read_as):
    for name, content in (("a.jsonl", '{"label": %s}\n'), ("a.json", '[{"label": %s}]')):
        assert values(read(file(name, content % label), {"label": "label"}), "label") == [[read_as]]


def test_a_column_may_be_optional(file):
    path = file("a.csv", "text,label\na,x\n")
    assert list(read(path, optional=["row_id"]).columns) == ["text", "label", "file", "line"]
    with pytest.raises(UserError, match="no column 'id'"):
        read(path)
    file("b.csv", "id,text,label\n7,b,y\n")
    rows = read_tables([path, Path("b.csv")], COLUMNS, optional=["row_id"]).rows
    assert rows["row_id"].isna().tolist() == [True, False]


def test_broken_gb18030_with_crlf_and_a_long_separator_in_a_gzip(file):
    content = "id|,|text|,|label\r\n1|,|武汉,加油|,|x\r\n2|,|a\u2028b|,|y\r\n".encode("gb18030")
    content = content.replace("加".encode("gb18030"), b"\xff", 1)
    path = file("a.csv.gz", gzip.compress(content))
    layout = Layout(separator="|,|", quoting=False, undecodable="replace")
    reading = read_table(path, COLUMNS, layout)
    assert values(reading.rows, *COLUMNS) == [["1", "武汉,\ufffd油", "x"], ["2", "a\u2028b", "y"]]
    assert reading.replaced == {"a.csv.gz": [2]}
    assert len(reading.warnings) == 1
    twice = read_tables([path, path], COLUMNS, layout)
    assert twice.replaced == reading.replaced


def test_gzip_of_any_format(file):
    path = file("a.jsonl.gz", gzip.compress(json.dumps({"id": "1", "text": "a", "label": "x"}).encode()))
    assert values(read(path), *COLUMNS) == [["1", "a", "x"]]
    with pytest.raises(UserError, match=r"b\.csv\.gz: not a whole gzip file"):
        read(file("b.csv.gz", gzip.compress(b"id,text,label\n" * 100)[:-20]))
    with pytest.raises(UserError, match="not a whole gzip file"):
        read(file("c.csv.gz", "id,text\n"))


def test_gb18030_warns(file):
    path = file("a.csv", "id,text,label\n1,武汉加油,x\n".encode("gb18030"))
    frame, warnings, _ = read_table(path, COLUMNS)
    assert values(frame, "text") == [["武汉加油"]]
    assert len(warnings) == 1
    assert "read as gb18030" in warnings[0]


def test_several_files_below_each_other(file):
    file("a.csv", "id,text,label\n1,a,x\n")
    file("b.tsv", "label\tid\ttext\ny\t1\tb\n")
    frame, warnings, _ = read_tables([Path("a.csv"), Path("b.tsv")], COLUMNS)
    assert values(frame, *COLUMNS, "file", "line") == [
        ["1", "a", "x", "a.csv", 2],
        ["1", "b", "y", "b.tsv", 2],
    ]
    assert frame.index.tolist() == [0, 1]
    assert warnings == []


def test_a_swallowed_row_is_warned_of(file):
    path = file("a.tsv", 'id\tlabel\ttext\n0\t2\t"stray\n1\t2\tlost\n2\t0\tend"\n3\t1\tx\n')
    frame, warnings, _ = read_table(path, COLUMNS)
    assert len(frame) == 2
    assert "begins on line 2" in warnings[0]
    assert "set data.quoting to false" in warnings[0]
    assert len(read(path, quoting=False)) == 4


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "a.csv: empty; the first line has to name the columns"),
        ("a.csv", "\n\n", "empty"),
        ("a.csv", "id,text,label\n", "a.csv: no rows"),
        ("a.txt", "", "no rows"),
        ("a.json", "[]", "no rows"),
        ("a.jsonl", "\n", "no rows"),
        (
            "a.csv",
            "id,texts,label\n1,a,x\n",
            r"no column 'text'; found: id, texts, label; did you mean 'texts'\?",
        ),
        ("a.csv", "id\ttext\tlabel\n1\ta\tx\n", "One column only: is data.separator right"),
        ("a.csv", "id,text,text,label\n1,a,b,x\n", "2 columns are called 'text'"),
        (
            "a.csv",
            "id,text,label\n1,a,x\n2,b\n3,a,b,x\n",
            r"2 rows .* 3 fields .*\(line 3 has 2, line 4 has 4\)",
        ),
        (
            "a.csv",
            'id,text,label\n1,a,x\n2,"b"c,x\n',
            "row that begins on line 3 has quotes .* data.quoting to false",
        ),
        ("a.csv", 'id,text,label\n1,"a,x\n2,b,x\n', "row that begins on line 2 has quotes"),
        ("a.json", '[{"id": 1},\n{"id": }]', "a.json: line 2 is not JSON"),
        ("a.json", '"x"', "holds one str; a list of objects or JSON Lines"),
        ("a.json", '[{"id": 1}, 2]', "record 2 is a str, not an object"),
        ("a.jsonl", '{"id": 1}\n[1]\n', "line 2 is a list, not an object"),
        ("a.jsonl", '{"id": 1, "text": "a"}\n', "no column 'label'; found: id, text"),
        ("a.jsonl", '{"id": 1, "text": ["a", "b"], "label": 1}\n', "record 1: 'text' holds a list"),
        ("a.jsonl", '{"id": 1, "text": "\\ud83d", "label": 1}', "record 1: 'text' holds half a character"),
        ("a.xlsx", "x", r"a.xlsx: unknown kind of file; allowed: \.csv, \.tsv, \.txt"),
        ("a", "x", "unknown kind of file"),
    ],
)
def test_what_is_wrong_is_said(file, name, content, message):
    path = file(name, content)
    with pytest.raises(UserError, match=message):
        read(path)


def test_a_missing_file_names_its_neighbours(file):
    file("train.csv", "x")
    with pytest.raises(
        UserError, match=r"trian\.csv: no such file; the folder holds: train\.csv; did you mean 'train\.csv'"
    ):
        read(Path("trian.csv"))
    with pytest.raises(UserError, match="nor its folder"):
        read(Path("nowhere/train.csv"))
