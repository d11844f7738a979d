import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts.augmented import read_augmented
from pipeline.artifacts.hashes import hash_file
from pipeline.artifacts.paths import AUGMENTED
from pipeline.artifacts.tables import write_table
from pipeline.errors import UserError

ROWS = np.array(["a", "b", "c"])


@pytest.fixture
def hashes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, rows in (("first", ["c", "a", "c"]), ("second", ["b"]), ("empty", [])):
        table = pd.DataFrame({"row_id": rows, "copy": range(len(rows)), "text": [f"{name} {row}" for row in rows]})
        write_table(AUGMENTED / f"{name}.parquet", table.astype({"row_id": str, "text": str}))
    return {path.stem: hash_file(path) for path in AUGMENTED.iterdir()}


def test_copies_say_whose_they_are(hashes):
    texts, rows = read_augmented({name: hashes[name] for name in ("second", "empty", "first")}, ROWS)
    assert texts == ["second b", "first c", "first a", "first c"]
    assert rows.tolist() == [1, 2, 0, 2]


def test_no_copies(hashes):
    for named in ({}, {"empty": hashes["empty"]}):
        texts, rows = read_augmented(named, ROWS)
        assert texts == []
        assert rows.tolist() == []
        assert rows.dtype == np.int64


def test_a_file_that_the_recipe_does_not_know_is_refused(hashes):
    with pytest.raises(UserError, match=r"first\.parquet: changed since the recipe was written"):
        read_augmented({"first": hashes["second"]}, ROWS)
    with pytest.raises(UserError, match=r"other\.parquet: not found"):
        read_augmented({"other": hashes["second"]}, ROWS)


def test_a_copy_of_no_row_is_refused(hashes):
    with pytest.raises(UserError, match=r"first\.parquet: row_id 'c' is not in the training data"):
        read_augmented(hashes, ROWS[:2])
