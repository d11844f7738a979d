"""Folds as the competition's files ask for them: a group column, folds of their own, near duplicates."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.artifacts.atomic import read_json
from pipeline.errors import UserError
from pipeline.steps import prepare as prepare_step
from stages import prepare, split_folds

ROOT = Path(__file__).parents[2]
WORDS = [f"word{number}" for number in range(20)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """60 rows of 20 authors; row 3k + 1 has the text of 3k but for a letter at its end."""
    monkeypatch.chdir(tmp_path)
    folder = Path("data/raw/authors")
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = []
    for number in range(60):
        text = " ".join(rng.choice(WORDS, size=12))
        text = f"{rows[-1][1]}s" if number % 3 == 1 else text
        rows.append((str(number), text, "xyz"[rng.integers(3)], f"author {rng.integers(20)}", f"part {number % 4}"))
    with (folder / "train.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "text", "label", "author", "part"), *rows])
    (folder / "test.csv").write_text(f"id,text\nt,{rows[0][1]}!\nu,new\n", encoding="utf-8")


def run(n_folds: int = 4, repeats: int = 1, toy: bool = False, columns: Any = None, **changes: Any) -> pd.DataFrame:
    """Run both stages: → the training table with `fold`, that of the first repeat."""
    yaml = YAML()
    params = yaml.load((ROOT / "profiles/daguan-cpu.yaml").read_text(encoding="utf-8"))
    params["data"] |= {"competition": "authors", "sample_submission": None, "corpus": ["train.csv"]} | changes
    params["data"]["columns"] = columns or {}
    params["folds"] = {"n_folds": n_folds, "repeats": repeats}
    params["toy"] = toy
    with Path("params.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(params, file)
    prepare.main()
    split_folds.main()
    folds = pd.read_parquet("data/folds.parquet")
    fold = folds[folds["repeat"] == 0].set_index("row_id")["fold"]
    train = pd.read_parquet("data/prepared/train.parquet")
    return train.assign(fold=train["row_id"].map(fold))


def crossing(train: pd.DataFrame, groups: Any) -> int:
    """How many groups have rows in several folds."""
    return int((train.groupby(groups)["fold"].nunique() > 1).sum())


def authors() -> pd.Series:
    return pd.read_csv("data/raw/authors/train.csv", dtype=str)["author"]


def test_rows_of_a_group_stay_together_in_every_repeat() -> None:
    assert crossing(run(), authors()) > 0
    train = run(columns={"group": "author"}, repeats=2)
    assert crossing(train, authors()) == 0
    second = pd.read_parquet("data/folds.parquet").query("repeat == 1")["fold"].to_numpy()
    assert crossing(train.assign(fold=second), authors()) == 0
    assert (second != train["fold"]).any()


def test_near_duplicates_stay_together_and_are_counted() -> None:
    near = {"threshold": 0.8, "unit": "characters", "ngram": 3}
    pairs = np.arange(60) // 3 * 3 + (np.arange(60) % 3 == 2)
    pairs[np.arange(60) % 3 == 2] += 1000
    assert crossing(run(), pairs) > 0
    assert crossing(run(near_duplicates=near), pairs) == 0
    report = read_json(Path("reports/data.json"))
    assert report["repeated_train_rows"] == 0
    assert report["nearly_repeated_train_rows"] == 20
    assert report["largest_near_group_rows"] == 2
    assert (report["test_rows_also_in_train"], report["test_rows_nearly_in_train"]) == (0, 1)


def test_groups_of_both_kinds_are_joined() -> None:
    near = {"threshold": 0.8, "unit": "characters", "ngram": 3}
    train = run(columns={"group": "author"}, near_duplicates=near, n_folds=2)
    assert crossing(train, authors()) == 0
    assert crossing(train, train["group"]) == 0


def test_folds_of_the_files_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    train = run(columns={"fold": "part", "group": "author"})
    assert train["fold"].tolist() == [number % 4 for number in range(60)]
    n_split = crossing(train, authors())
    assert n_split > 0
    assert f"warning: the files' own folds split {n_split} groups" in capsys.readouterr().out


@pytest.mark.parametrize(("n_folds", "repeats", "key"), [(5, 1, "n_folds: got 5, but"), (4, 2, "repeats: got 2; with")])
def test_folds_of_the_files_have_to_fit(n_folds: int, repeats: int, key: str) -> None:
    with pytest.raises(UserError, match=f"folds.{key}"):
        run(n_folds=n_folds, repeats=repeats, columns={"fold": "part"})


def test_a_toy_run_keeps_every_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare_step, "TOY_ROWS_PER_CLASS", 1)
    train = run(columns={"fold": "part"}, toy=True)
    assert len(train) == len(train.groupby(["label", "fold"])) < 20
    assert set(train["fold"]) == {0, 1, 2, 3}
