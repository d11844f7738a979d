import gzip
from pathlib import Path

import pandas as pd
import pytest
from transformers import PreTrainedTokenizerFast

from pipeline.errors import UserError
from pipeline.vocab.reference import read_reference

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
