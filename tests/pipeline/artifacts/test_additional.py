import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts.additional import gather_copies, read_copies
from pipeline.artifacts.paths import ADDITIONAL, AUGMENTED
from pipeline.artifacts.tables import write_table
from pipeline.errors import UserError

ROWS = np.array(["a", "b", "c"])


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, rows in (("first", ["c", "a", "c"]), ("second", ["b"]), ("empty", [])):
        table = pd.DataFrame({"row_id": rows, "copy": range(len(rows)), "text": [f"{name} {row}" for row in rows]})
        write_table(AUGMENTED / f"{name}.parquet", table.astype({"row_id": str, "text": str}))


def read(*names):
    write_table(ADDITIONAL / "member.parquet", gather_copies(names))
    return read_copies("member", ROWS)


def test_copies_say_whose_they_are():
    texts, rows = read("second", "empty", "first")
    assert texts == ["second b", "first c", "first a", "first c"]
    assert rows.tolist() == [1, 2, 0, 2]


@pytest.mark.parametrize("names", [[], ["empty"]])
def test_no_copies(names):
    texts, rows = read(*names)
    assert texts == []
    assert rows.tolist() == []
    assert rows.dtype == np.int64


def test_the_same_copies_are_the_same_bytes():
    first, second = ADDITIONAL / "first.parquet", ADDITIONAL / "second.parquet"
    for path in (first, second):
        write_table(path, gather_copies(["first", "second"]))
    assert first.read_bytes() == second.read_bytes()


def test_a_missing_file_is_refused():
    with pytest.raises(UserError, match=r"other\.parquet: not found"):
        gather_copies(["other"])


def test_a_copy_of_no_row_is_refused():
    write_table(ADDITIONAL / "member.parquet", gather_copies(["first"]))
    with pytest.raises(UserError, match=r"member\.parquet: row_id 'c' is not in the training data"):
        read_copies("member", ROWS[:2])
