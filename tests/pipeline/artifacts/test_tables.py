import pandas as pd
import pytest

from pipeline.artifacts.tables import read_table, write_history, write_table
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
