import pyarrow.parquet as pq
import pytest

from pipeline.artifacts import corpus
from pipeline.artifacts.corpus import write_corpus
from pipeline.data.corpus import stream_texts


@pytest.mark.parametrize("rows_in_group", [2, 100])
def test_is_read_as_it_was_written(tmp_path, monkeypatch, rows_in_group):
    monkeypatch.setattr(corpus, "ROWS_IN_GROUP", rows_in_group)
    rows = [("a", None), ("二", 0.5), ("b", 0.25), ("c", None), ("d", 0.125)]
    path = tmp_path / "folder/corpus.parquet"
    assert write_corpus(path, iter(rows)) == 5
    table = pq.read_table(path).to_pydict()
    assert list(zip(table["text"], table["similarity"], strict=True)) == rows
    assert list(stream_texts(path)) == [text for text, _ in rows]
    assert pq.ParquetFile(path).num_row_groups == -(-5 // rows_in_group)


def test_an_error_in_the_stream_leaves_no_file(tmp_path):
    def rows():
        yield ("a", None)
        raise KeyError

    with pytest.raises(KeyError):
        write_corpus(tmp_path / "corpus.parquet", rows())
    assert list(tmp_path.iterdir()) == []
