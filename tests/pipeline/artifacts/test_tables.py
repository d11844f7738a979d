import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipeline.artifacts import tables
from pipeline.artifacts.paths import ADDITIONAL, AUGMENTED, FOLDS, TRAIN
from pipeline.artifacts.tables import (
    count_folds,
    gather_copies,
    read_copies,
    read_fold_ids,
    read_scored_rows,
    read_table,
    write_corpus,
    write_history,
    write_table,
)
from pipeline.data.corpus import stream_texts
from pipeline.errors import UserError

TABLE = pd.DataFrame({"row_id": ["007", "NA", ""], "text": ["a", " ", "b"], "n": [1, 2, 3]})


def test_columns_come_back_as_they_were(tmp_path):
    write_table(tmp_path / "t.parquet", TABLE)
    read = read_table(tmp_path / "t.parquet", ["n", "row_id"])
    assert read.columns.tolist() == ["n", "row_id"]
    assert read["row_id"].tolist() == ["007", "NA", ""]
    assert read["n"].tolist() == [1, 2, 3]


def test_equal_tables_give_equal_bytes(tmp_path):
    write_table(tmp_path / "one.parquet", TABLE)
    write_table(tmp_path / "other.parquet", TABLE.copy())
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()


def test_a_missing_column(tmp_path):
    write_table(tmp_path / "t.parquet", TABLE)
    with pytest.raises(UserError, match=r"t\.parquet: no column 'fold'; found: row_id, text, n"):
        read_table(tmp_path / "t.parquet", ["row_id", "fold"])


def test_a_missing_table(tmp_path):
    with pytest.raises(UserError, match=r"t\.parquet: not found\. It is made by an earlier stage"):
        read_table(tmp_path / "t.parquet", ["row_id"])


def test_histories_are_plain_csv(tmp_path):
    write_history(tmp_path / "h.csv", pd.DataFrame({"step": [1, 2], "loss": [0.5, float("nan")]}))
    assert (tmp_path / "h.csv").read_bytes() == b"step,loss\n1,0.5\n2,\n"


@pytest.mark.parametrize("rows_in_group", [2, 100])
def test_is_read_as_it_was_written(tmp_path, monkeypatch, rows_in_group):
    monkeypatch.setattr(tables, "ROWS_IN_GROUP", rows_in_group)
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


@pytest.fixture
def folds(tmp_path):
    """Two repeats of three folds, the second before the first, its rows in another order."""
    table = pd.DataFrame({
        "row_id": ["c", "b", "a", "a", "b", "c"],
        "repeat": [1, 1, 1, 0, 0, 0],
        "fold": [0, 2, 1, 0, 1, 2],
    })  # fmt: skip
    write_table(tmp_path / "folds.parquet", table)
    return tmp_path / "folds.parquet"


def test_folds_of_rows_in_the_order_that_is_asked_for(folds):
    fold_ids = read_fold_ids(np.array(["b", "c", "a"]), folds)
    assert fold_ids.dtype == np.int64
    assert fold_ids.tolist() == [[1, 2, 0], [2, 0, 1]]


def test_fold_models_of_a_member(folds):
    assert count_folds(folds) == 6


def test_a_row_without_a_fold(folds):
    with pytest.raises(UserError, match=r"folds\.parquet: row_id 'd' has no fold\. Run the stage split_folds again"):
        read_fold_ids(np.array(["a", "d", "b"]), folds)


def test_no_folds_yet(tmp_path):
    with pytest.raises(UserError, match=r"folds\.parquet: not found"):
        read_fold_ids(np.array(["a"]), tmp_path / "folds.parquet")


def test_rows_of_no_fold_are_not_scored(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_table(TRAIN, pd.DataFrame({"row_id": ["a", "b", "c", "d"], "label_id": [2, 0, 1, 0]}))
    write_table(FOLDS, pd.DataFrame({"row_id": ["d", "c", "b", "a"], "repeat": 0, "fold": [1, 0, -1, 0]}))
    rows = read_scored_rows()
    assert rows.row_id.tolist() == ["a", "c", "d"]
    assert rows.label_ids.tolist() == [2, 1, 0]
    assert rows.fold_ids.tolist() == [[0, 0, 1]]
    assert count_folds() == 2


ROWS = np.array(["a", "b", "c"])


@pytest.fixture
def copies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, rows in (("first", ["c", "a", "c"]), ("second", ["b"]), ("empty", [])):
        table = pd.DataFrame({"row_id": rows, "copy": range(len(rows)), "text": [f"{name} {row}" for row in rows]})
        write_table(AUGMENTED / f"{name}.parquet", table.astype({"row_id": str, "text": str}))


def read_gathered(*names):
    write_table(ADDITIONAL / "member.parquet", gather_copies(names))
    return read_copies("member", ROWS)


@pytest.mark.usefixtures("copies")
def test_copies_say_whose_they_are():
    texts, rows = read_gathered("second", "empty", "first")
    assert texts == ["second b", "first c", "first a", "first c"]
    assert rows.tolist() == [1, 2, 0, 2]


@pytest.mark.usefixtures("copies")
@pytest.mark.parametrize("names", [[], ["empty"]])
def test_no_copies(names):
    texts, rows = read_gathered(*names)
    assert texts == []
    assert rows.tolist() == []
    assert rows.dtype == np.int64


@pytest.mark.usefixtures("copies")
def test_the_same_copies_are_the_same_bytes():
    first, second = ADDITIONAL / "first.parquet", ADDITIONAL / "second.parquet"
    for path in (first, second):
        write_table(path, gather_copies(["first", "second"]))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.usefixtures("copies")
def test_a_missing_file_is_refused():
    with pytest.raises(UserError, match=r"other\.parquet: not found"):
        gather_copies(["other"])


@pytest.mark.usefixtures("copies")
def test_a_copy_of_no_row_is_refused():
    write_table(ADDITIONAL / "member.parquet", gather_copies(["first"]))
    with pytest.raises(UserError, match=r"member\.parquet: row_id 'c' is not in the training data"):
        read_copies("member", ROWS[:2])
