"""`select_text` alone, on a file of the user's own."""

import gzip
import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from pipeline.artifacts.tables import write_table
from pipeline.errors import UserError
from stages import select_text

ROOT = Path(__file__).parents[2]
OUTPUT = Path("data/unlabelled/news.parquet")
CORPUS = ["apple pie", "engine oil", "apple tart"]
NEWS = [
    "football match",
    "apple  pie",
    "an apple cake",
    "engine oil",
    "oil of an engine",
    "",
    "oil of an engine",
    "weather",
]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """`project(select)` writes params, prepared tables and the news."""
    monkeypatch.chdir(tmp_path)
    write_table(Path("data/prepared/corpus.parquet"), pd.DataFrame({"text": CORPUS}))
    train = pd.DataFrame(
        {"text": ["apple pie", "apple cake", "engine oil", "engine oil pump"], "label_id": [0, 0, 1, 1]}
    )
    write_table(Path("data/prepared/train.parquet"), train)
    records = "".join(json.dumps({"body": text}) + "\n" for text in NEWS)
    Path("news.jsonl.gz").write_bytes(gzip.compress(records.encode()))

    def write(select, column="body"):
        params = (ROOT / "params.yaml").read_text(encoding="utf-8")
        entry = f"unlabelled: {{news: {{from: news.jsonl.gz, column: {column}, select: {select}}}}}"
        Path("params.yaml").write_text(params.replace("unlabelled: {}", entry), encoding="utf-8")

    return write


def rows():
    table = pd.read_parquet(OUTPUT)
    return table["text"].tolist(), table["similarity"]


@pytest.mark.parametrize("method", ["tfidf", "{name: lsa, dimensions: 2, ngrams: [1, 1]}"])
def test_nearest_text_is_put_beside_the_competitions_own(project, method):
    project(f"{{method: {method}, n: 2}}")
    select_text.main("news")
    texts, similarity = rows()
    assert texts[:3] == CORPUS
    assert similarity[:3].isna().all()
    assert sorted(texts[3:]) == ["an apple cake", "oil of an engine"]  # cleaned, once each, none that is there already
    assert similarity[3:].is_monotonic_decreasing


def test_without_selection_everything_is_kept(project):
    project("null")
    select_text.main("news")
    texts, similarity = rows()
    assert texts == [*CORPUS, "football match", "an apple cake", *["oil of an engine"] * 2, "weather"]
    assert similarity.isna().all()


def test_same_bytes_each_time(project):
    project("{method: lsa, n: 3}")
    digests = set()
    for _ in range(2):
        select_text.main("news")
        digests.add(hashlib.sha256(OUTPUT.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_column_that_is_missing_is_named(project):
    project("null", column="text")
    with pytest.raises(UserError, match=r"news.jsonl.gz: line 1 has the keys body; an object with 'text' is needed"):
        select_text.main("news")
    assert not OUTPUT.exists()
