"""A test part cut from a file in which every row has a label."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.data.hold_out import choose_held_out
from pipeline.errors import UserError
from stages import prepare, split_folds
from tools import hold_out

ROOT = Path(__file__).parents[2]
FOLDER = Path("data/raw/talk")
HEADER = ("dialogue", "turn", "key", "text", "label", "extra")


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Rows of 30 dialogues, in a file, with params that fit it."""
    monkeypatch.chdir(tmp_path)
    FOLDER.mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = []
    for dialogue in range(30):
        for turn in range(rng.integers(1, 7)):
            text = f'say "{dialogue}",\u2028{turn}'
            rows.append((str(dialogue), str(turn), f"k{len(rows)}", text, str(rng.choice(["x", "y", "y", "z"])), ""))
    with (FOLDER / "all.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    write_params()
    return rows


def write_params(columns: dict[str, Any] | None = None, **changes: Any) -> None:
    yaml = YAML()
    params = yaml.load((ROOT / "profiles/cped-cpu.yaml").read_text(encoding="utf-8"))
    params["data"]["competition"] = "talk"
    params["data"]["columns"] |= {"id": "key", "text": "text", "label": "label"} | (columns or {})
    params["data"]["context"] = {
        "window": 1, "dialogue": "dialogue", "turn": "turn", "speaker": None, "separator": "|",
    }  # fmt: skip
    params["data"] |= changes
    with Path("params.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(params, file)


def read(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").rstrip("\n").split("\n")]


def test_every_row_goes_whole_to_one_part_and_dialogues_stay_together(rows: list[tuple[str, ...]]) -> None:
    hold_out.main("all.csv", share=0.2, seed=1)
    train, test = read("train.jsonl"), read("test.jsonl")
    originals = [dict(zip(HEADER, row, strict=True)) for row in rows]
    assert [row for row in originals if row in train] == train
    assert all("label" not in row for row in test)
    key = pd.read_csv(FOLDER / "answer_key/test_labels.csv", dtype=str)
    assert [row | {"label": label} for row, label in zip(test, key["label"], strict=True)] == [
        {name: row[name] for name in [*test[0], "label"]} for row in originals if row not in train
    ]
    assert key["id"].tolist() == [row["key"] for row in test]
    assert not {row["dialogue"] for row in train} & {row["dialogue"] for row in test}
    assert len(test) == pytest.approx(0.2 * len(rows), abs=4)


def test_a_file_without_header_line_and_with_a_broken_byte(rows: list[tuple[str, ...]]) -> None:
    path = FOLDER / "all.csv"
    body = path.read_bytes().split(b"\r\n", 1)[1]
    path.write_bytes(body.replace(b"say", b"\xff", 1))
    write_params(header=list(HEADER), undecodable="replace", encodings=["utf-8"])
    hold_out.main("all.csv", share=0.2, seed=1)
    parts = [*read("train.jsonl"), *read("test.jsonl")]
    assert sorted(row["key"] for row in parts) == sorted(row[2] for row in rows)
    assert [row["text"] for row in parts if "\ufffd" in row["text"]] == ['\ufffd "0",\u20280']


def test_the_parts_are_prepared_and_split(rows: list[tuple[str, ...]]) -> None:
    hold_out.main("all.csv", share=0.2, seed=1)
    prepare.main()
    split_folds.main()
    train = pd.read_parquet("data/prepared/train.parquet")
    fold = pd.read_parquet("data/folds.parquet").set_index("row_id")["fold"]
    assert train.groupby("given_group")["row_id"].agg(lambda ids: fold[ids].nunique()).max() == 1
    assert train["text"].str.contains("|", regex=False).any()


def test_the_cut_is_the_seeds(rows: list[tuple[str, ...]]) -> None:
    parts = []
    for seed in (1, 1, 2):
        hold_out.main("all.csv", share=0.25, seed=seed)
        parts.append((FOLDER / "test.jsonl").read_bytes())
        for name in ("train.jsonl", "test.jsonl", "answer_key/test_labels.csv"):
            (FOLDER / name).unlink()
    assert parts[0] == parts[1] != parts[2]


def test_nothing_is_written_over(rows: list[tuple[str, ...]]) -> None:
    (FOLDER / "test.jsonl").write_text("mine")
    with pytest.raises(UserError, match=r"test\.jsonl: is there already"):
        hold_out.main("all.csv", share=0.2, seed=1)
    assert not (FOLDER / "train.jsonl").exists()


def test_without_dialogues_equal_texts_stay_together(rows: list[tuple[str, ...]]) -> None:
    with (FOLDER / "flat.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *((f"t{i % 40}", "xy"[i % 2]) for i in range(120))])
    write_params(columns={"id": None}, context=None)
    hold_out.main("flat.csv", share=0.5, seed=0)
    train, test = read("train.jsonl"), read("test.jsonl")
    assert not {row["text"] for row in train} & {row["text"] for row in test}
    key = pd.read_csv(FOLDER / "answer_key/test_labels.csv", dtype=str)
    assert key["id"].tolist() == [str(i) for i in range(len(test))]


def test_a_group_column_and_ascii_for_another_encoding(rows: list[tuple[str, ...]]) -> None:
    records = [{"text": f"武{i}", "label": "x", "author": f"甲{i % 7}"} for i in range(40)]
    content = "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
    (FOLDER / "all.jsonl").write_bytes(content.encode("gb18030"))
    write_params(columns={"id": None, "group": "author"}, context=None, encodings=["gb18030"])
    hold_out.main("all.jsonl", share=0.3, seed=0)
    assert (FOLDER / "test.jsonl").read_bytes().isascii()
    assert not {row["author"] for row in read("train.jsonl")} & {row["author"] for row in read("test.jsonl")}


def test_rows_without_label_are_refused(rows: list[tuple[str, ...]]) -> None:
    (FOLDER / "b.jsonl").write_text('{"text": "a", "label": "x"}\n{"text": "a"}\n')
    write_params(columns={"id": None}, context=None)
    with pytest.raises(UserError, match=r"1 rows have no label: .*b\.jsonl:2"):
        hold_out.main("b.jsonl", share=0.2, seed=1)


def test_every_class_stays_in_training() -> None:
    labels, groups = np.array([0] * 8 + [1] * 2), np.arange(10)
    groups[9] = 8  # class 1 has one group
    for seed in range(20):
        held_out = choose_held_out(labels, groups, 0.25, seed)
        assert held_out.sum() in (2, 3)
        assert set(labels[~held_out]) == {0, 1}
    with pytest.raises(UserError, match="a class stands in one group only"):
        choose_held_out(np.array([0, 1]), np.array([0, 1]), 0.5, 0)
