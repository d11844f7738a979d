"""The same texts from every kind of file, and what is wrong with a broken one."""

import csv
import gzip
import json

import pandas as pd
import pytest

from pipeline.data import corpus
from pipeline.data.corpus import stream_texts
from pipeline.errors import UserError
from pipeline.runtime.progress import Progress

# Blank ones are left out; separators within a text stay.
TEXTS = ["one", "", "二 \u2028 2", 'a "quoted", b', "   ", "tab\tinside \x85 next", " 😀 "]
KEPT = [text for text in TEXTS if text.strip()]
KINDS = [".txt", ".jsonl", ".ndjson", ".json", ".csv", ".tsv"]


def write(folder, kind, *, line_end="\n", bom="", compress=False, texts=TEXTS, column="text"):
    path = folder / f"corpus{kind}"
    if kind == ".txt":
        content = "".join(text + line_end for text in texts)
    elif kind in (".jsonl", ".ndjson"):
        content = "".join(json.dumps({"n": 1, column: text}, ensure_ascii=False) + line_end for text in texts)
    elif kind == ".json":
        content = json.dumps([{"n": 1, column: text} for text in texts], ensure_ascii=False, indent=1)
        content = content.replace("\n", line_end)
    else:
        rows = [["n", column], *(["1", text] for text in texts)]
        path = folder / "rows"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t" if kind == ".tsv" else ",", lineterminator=line_end).writerows(rows)
        content = path.read_bytes().decode()
    raw = (bom + content).encode()
    path = folder / f"corpus{kind}{'.gz' if compress else ''}"
    path.write_bytes(gzip.compress(raw) if compress else raw)
    return path


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_holds_the_same_texts(tmp_path, kind, line_end, compress):
    path = write(tmp_path, kind, line_end=line_end, compress=compress, bom="\ufeff")
    assert list(stream_texts(path)) == KEPT


def test_json_that_begins_with_an_object_is_read_as_lines(tmp_path):
    path = tmp_path / "corpus.json"
    path.write_text('\n {"text": "a"}\n{"text": "b"}\n', encoding="utf-8")
    assert list(stream_texts(path)) == ["a", "b"]


def test_the_last_line_may_lack_its_end(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("one\n\ntwo", encoding="utf-8")
    assert list(stream_texts(path)) == ["one", "two"]


def test_a_quoted_field_may_hold_lines(tmp_path):
    assert list(stream_texts(write(tmp_path, ".csv", texts=["a\nb", "c\r\nd"]))) == ["a\nb", "c\r\nd"]


@pytest.mark.parametrize("rows_in_group", [2, 100])
def test_parquet_is_read_whatever_its_row_groups(tmp_path, rows_in_group):
    path = tmp_path / "corpus.parquet"
    table = pd.DataFrame({"text": [*TEXTS, None], "n": 1})
    table.to_parquet(path, index=False, row_group_size=rows_in_group)
    assert list(stream_texts(path)) == KEPT


@pytest.mark.parametrize("kind", [".jsonl", ".json", ".csv", ".parquet"])
def test_the_column_may_have_another_name(tmp_path, kind):
    if kind == ".parquet":
        path = tmp_path / "corpus.parquet"
        pd.DataFrame({"body": TEXTS}).to_parquet(path)
    else:
        path = write(tmp_path, kind, column="body")
    assert list(stream_texts(path, "body")) == KEPT
    with pytest.raises(UserError, match=r"corpus.*'text'"):
        list(stream_texts(path))


def test_null_is_no_text_and_half_a_character_becomes_a_mark(tmp_path):
    path = tmp_path / "corpus.jsonl"
    path.write_text('{"text": null}\n\n{"text": "a\\ud83d"}\n', encoding="utf-8")
    assert list(stream_texts(path)) == ["a?"]


def test_is_read_piece_by_piece(tmp_path):
    """The first text is there before a later line is found to be broken."""
    path = tmp_path / "corpus.jsonl"
    path.write_text('{"text": "a"}\n' * 5 + "{broken\n", encoding="utf-8")
    texts = stream_texts(path)
    assert next(texts) == "a"
    with pytest.raises(UserError, match=r"corpus.jsonl: line 6 is not JSON"):
        list(texts)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("c.txt", b"a\nb\xffc\n", r"c.txt: line 2 \(byte 0xFF\) is not UTF-8; save the file as UTF-8"),
        ("c.txt", b"\n \n", r"c.txt: holds no text"),
        ("c.txt", b"", r"c.txt: holds no text"),
        ("c.jsonl", b'["a"]\n', r"c.jsonl: line 1 has a list; an object with 'text' is needed"),
        ("c.jsonl", b'{"txt": "a"}\n', r"c.jsonl: line 1 has the keys txt; an object with 'text' is needed"),
        ("c.jsonl", b'{"text": 5}\n', r"c.jsonl: line 1: 'text' holds a int; text or null is allowed"),
        ("c.csv", b"", r"c.csv: no column 'text'; found: an empty file"),
        ("c.csv", b"id,body\n1,a\n", r"c.csv: no column 'text'; found: id, body"),
        ("c.csv", b"id,text\n1,a\n2\n", r"c.csv: the row that ends on line 3 has 1 fields, the header 2"),
        ("c.csv", b'id,text\n1,"a\n', r"c.csv: line 2 is not CSV"),
        ("c.txt.gz", gzip.compress(b"a\n" * 99999)[:-30], r"c.txt.gz: not a whole gzip file"),
        ("c.txt.gz", b"plain", r"c.txt.gz: not a whole gzip file"),
        ("c.parquet", b"plain", r"c.parquet: not a parquet file"),
        ("c.json", b"[]", r"c.json: holds no text"),
        ("c.json", b'[{"text": "a"}, {"text": "b"', r"c.json: no JSON list, or broken at element 2"),
        ("c.json", b'[{"text": "a"}, 7]', r"c.json: element 2 has a int; an object with 'text' is needed"),
        ("c.json", b'"a"', r"c.json: no JSON list, or broken at element 1"),
        ("c.yaml", b"[]", r"c.yaml: got a file that ends in '.yaml'; allowed: .txt, .jsonl, .*, or .parquet"),
        ("c.parquet.gz", b"", r"got a file that ends in '.parquet.gz'"),
        ("c", b"", r"got a file that ends in ''"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        list(stream_texts(tmp_path / name))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"c.txt: not found; put the text there"):
        list(stream_texts(tmp_path / "c.txt"))


@pytest.mark.parametrize("name", ["t.txt", "t.txt.gz", "t.parquet"])
def test_progress_reaches_the_end_of_the_file(name, tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "MEGABYTE", 10)
    seen = []

    class Recorded(Progress):
        def update(self, n=1, note=""):
            super().update(n, note)
            seen.append((self.done, self.total))

    monkeypatch.setattr(corpus, "Progress", Recorded)
    texts = [f"text {i} {'x' * (i % 7)}" for i in range(5000)]
    path = tmp_path / name
    if name == "t.parquet":
        pd.DataFrame({"text": texts}).to_parquet(path)
    else:
        content = "\n".join(texts).encode()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert list(stream_texts(path, what="read")) == texts
    done = [count for count, _ in seen]
    assert done == sorted(done)
    assert seen[-1] == (path.stat().st_size // 10,) * 2
