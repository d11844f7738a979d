import gzip
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from pipeline.errors import UserError
from pipeline.vocab.counts import count_tokens, frequent_tokens, read_counts, read_reference, write_counts
from pipeline.vocab.tokenizers import word_level_tokenizer


def test_ties_are_in_code_point_order() -> None:
    counts = count_tokens(["b a c", "，a 9", "B 10 c"], "whitespace")
    assert list(counts.items()) == [("c", 2), ("10", 1), ("9", 1), ("B", 1), ("a", 1), ("b", 1), ("，a", 1)]


def test_a_tokenizer_counts_its_tokens_without_special_ones() -> None:
    tokenizer = word_level_tokenizer(["x", "y"], max_length=3)
    texts = (text for text in ["x y x unknown [MASK]", "y", "x x x x x x"])  # longer than max_length, a generator
    assert count_tokens(texts, tokenizer) == {"x": 8, "y": 2}


def test_a_tokenizer_counts_across_batches() -> None:
    assert count_tokens(["x"] * 2500, word_level_tokenizer(["x"])) == {"x": 2500}


def test_nothing_to_count() -> None:
    assert count_tokens([], "whitespace") == {}
    assert count_tokens(["", " "], word_level_tokenizer(["x"])) == {}


@given(st.lists(st.text("ab ，\u3000\n1")))
def test_whitespace_counts_equal_a_slow_count(texts: list[str]) -> None:
    slow = Counter(word for text in texts for word in text.split())
    assert count_tokens(texts, "whitespace") == slow


def test_min_count_cuts_below() -> None:
    assert list(frequent_tokens({"a": 1, "c": 2, "b": 2}, 2)) == ["b", "c"]


def test_round_trip(tmp_path: Path) -> None:
    counts = {"，": 3, '"': 2, "中": 2, "15": 0}
    write_counts(tmp_path / "counts.json", counts)
    assert list(read_counts(tmp_path / "counts.json").items()) == list(counts.items())


@pytest.mark.parametrize("content", ["[1]", "{", '{"a": 1.5}', '{"a": -1}', '{"a": true}', '{"a": "1"}'])
def test_a_bad_counts_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "counts.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=r"counts\.json.*expected a UTF-8 JSON object"):
        read_counts(path)


def test_a_missing_or_broken_counts_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        read_counts(tmp_path / "none.json")
    (tmp_path / "gbk.json").write_bytes('{"中": 1}'.encode("gbk"))
    with pytest.raises(UserError, match="not JSON in UTF-8"):
        read_counts(tmp_path / "gbk.json")


TEXT = "the cat\nthe zebra\n\n"


def test_a_counts_file(tmp_path: Path, plain_tokenizer: PreTrainedTokenizerFast) -> None:
    (tmp_path / "c.json").write_text('{"cat": 1, "the": 5}', encoding="utf-8")
    assert read_reference(tmp_path / "c.json", plain_tokenizer) == ({"the": 5, "cat": 1}, None)


@pytest.mark.parametrize("name", ["t.txt", "t.txt.gz", "t.parquet"])
def test_a_text_is_counted_with_the_tokenizer(
    name: str, tmp_path: Path, plain_tokenizer: PreTrainedTokenizerFast
) -> None:
    path = tmp_path / name
    if name == "t.parquet":
        pd.DataFrame({"text": TEXT.split("\n")}).to_parquet(path)
    else:
        path.write_bytes(gzip.compress(TEXT.encode()) if name.endswith(".gz") else TEXT.encode())
    counts, texts = read_reference(path, plain_tokenizer)
    assert counts == {"the": 2, "cat": 1}  # "zebra" is unknown
    assert texts == ["the cat", "the zebra"]


def test_half_a_gzip_file_is_refused(tmp_path: Path, plain_tokenizer: PreTrainedTokenizerFast) -> None:
    (tmp_path / "t.txt.gz").write_bytes(gzip.compress(TEXT.encode())[:-9])
    with pytest.raises(UserError, match=r"t\.txt\.gz: not a whole gzip file"):
        read_reference(tmp_path / "t.txt.gz", plain_tokenizer)


def test_other_files_are_refused(tmp_path: Path, plain_tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(UserError, match=r"t\.docx: got a file that ends in '\.docx'"):
        read_reference(tmp_path / "t.docx", plain_tokenizer)
