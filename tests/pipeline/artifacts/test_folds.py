import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts.folds import count_folds, read_fold_ids, read_scored_rows
from pipeline.artifacts.paths import FOLDS, TRAIN
from pipeline.artifacts.tables import write_table
from pipeline.errors import UserError


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
