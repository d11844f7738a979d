"""A competition's folder in which everything that can go wrong does: `prepare` and `split_folds` run through."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from record_runs import run_all
from ruamel.yaml import YAML

from pipeline.artifacts.atomic import read_json
from pipeline.errors import UserError
from stages import prepare, split_folds

ROOT = Path(__file__).parents[2]
FOLDER = "data/raw/hostile"
LONG = "长文本，" * 750  # 3,000 characters
SEPARATOR = "|,|"
RULES = {
    "missing_label": "drop",
    "illegal_label": "drop",
    "missing_text": "placeholder",
    "emptied_text": "drop",
    "missing_id": "drop",
    "repeated_id": "keep_first",
    "conflicting_labels": "majority",
}
# id, text, label; the line of each in train-a.csv is its place here, from 2
TRAIN_A = [
    ("1", "今天,很开心", "0"),
    ("2", 'say "hi"\u2028second', "1"),
    ("3", LONG, "1"),
    ("4", "标签不对", "10"),
    ("5", "标签是横线", "-"),
    ("6", "没有标签", " "),
    ("1", "重复的编号", "0"),
    ("8", "", "1"),  # a placeholder
    ("9", "\u200b \u200b", "0"),  # nothing is left after cleaning
    ("", "没有编号", "1"),
    ("11", "同一条", "0"),
    ("12", " 同一条 ", "0"),
    ("13", "同一条", "1"),  # relabelled: two rows say 0
    ("14", "只有一条", "5"),  # a class with one row
    ("15", "坏字节甲", "0"),  # broken bytes go into 甲
    ("16", "武汉加油\x85\x0b", "1"),
    *[(str(100 + i), f"普通文本第{i}号", str(i % 2)) for i in range(12)],
]
TRAIN_B = [
    {"id": 201, "text": "数字标签", "label": 0},
    {"id": "202", "text": None, "label": 1},  # a second placeholder, with the same label as the first
    {"id": "203", "text": "真假标签\r\n第二行", "label": True},  # illegal: data.labels does not list true
    {"id": "204", "text": "小数标签", "label": 1.0},  # illegal: "1.0"
    {"id": "205", "text": "只在第二个文件", "label": 7},  # a label only in this file
    {"id": "206", "text": "只在第二个文件里", "label": 7},
    {"id": "3", "text": "编号在第一个文件", "label": 0},  # its id is one of train-a.csv
    {"id": "208", "text": "没有键"},  # no label
]
TEST = [("t1", "今天,很开心"), ("t2", "新的文本"), ("t3", ""), ("t4", "\u200b"), ("t5", LONG), ("t6", "a\u2028b")]


def write_rows(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "".join(SEPARATOR.join(row) + "\r\n" for row in [header, *rows])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder and its params file in an otherwise empty project, which is where the test runs."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    train_a = b"\x84\x31\x95\x33" + write_rows(("id", "text", "label"), TRAIN_A).encode("gb18030")
    train_a = train_a.replace("甲".encode("gb18030"), b"\xff\xff", 1)
    (folder / "train-a.csv").write_bytes(train_a)
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in TRAIN_B)
    (folder / "train-b.jsonl.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + lines.encode()))
    (folder / "test.csv").write_bytes(b"\xef\xbb\xbf" + write_rows(("id", "text"), TEST).encode())
    write_params()
    return folder


def write_params(**changes: Any) -> None:
    yaml = YAML()
    params = yaml.load((ROOT / "profiles/smp2020-cpu.yaml").read_text(encoding="utf-8"))
    params["data"] |= {
        "competition": "hostile",
        "train": ["train-a.csv", "train-b.jsonl.gz"],
        "test": "test.csv",
        "corpus": ["train-a.csv", "train-b.jsonl.gz", "test.csv"],
        "columns": params["data"]["columns"] | {"id": "id"},
        "labels": ["0", "1", "5", "7"],
        "separator": SEPARATOR,
        "encodings": ["utf-8", "gb18030"],
        "undecodable": "replace",
        "clean": ["strip_whitespace"],
        "bad_rows": RULES,
        **changes,
    }
    params["folds"] = {"n_folds": 3}
    with Path("params.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(params, file)


def test_it_is_prepared_with_exact_counts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare.main()
    report = read_json(Path("reports/data.json"))
    assert {key: value for key, value in report.items() if isinstance(value, int)} == {
        "train_rows": 26,
        "test_rows": 6,
        "corpus_texts": 33,
        "classes": 4,
        "rarest_class_rows": 1,
        "largest_class_rows": 12,
        "repeated_train_rows": 3,
        "repeated_train_texts": 2,
        "rows_read": 36,
        "conflicting_texts": 1,
        "relabelled_rows": 1,
        "dropped_rows": 10,
        "lost_classes": 0,
        "test_rows_also_in_train": 4,  # t1, t5, and the two placeholders
        "empty_corpus_texts": 5,
        "repeated_corpus_texts": 4,
        "replaced_bytes": 2,
    }
    assert report["bad_rows"] == {
        "train": {
            "missing_label": 2,
            "illegal_label": 4,
            "missing_text": 2,
            "emptied_text": 1,
            "missing_id": 1,
            "repeated_id": 2,
            "conflicting_labels": 3,
        },
        "test": {"missing_text": 1, "emptied_text": 1},
    }
    assert report["label_histogram"] == [
        {"label": "0", "rows": 12}, {"label": "1", "rows": 11}, {"label": "5", "rows": 1}, {"label": "7", "rows": 2},
    ]  # fmt: skip
    printed = capsys.readouterr().out
    assert (
        "warning: data/raw/hostile/train-a.csv: read as gb18030; 2 bytes could not be, and became U+FFFD: line 16"
        in printed
    )
    assert "2 classes stand in only one of the training files: 5 (data/raw/hostile/train-a.csv), 7 (data/" in printed


def test_every_bad_row_is_listed_without_its_text(folder: Path) -> None:
    prepare.main()
    a, b, test = f"{FOLDER}/train-a.csv", f"{FOLDER}/train-b.jsonl.gz", f"{FOLDER}/test.csv"
    assert Path("data/prepared/rejected.csv").read_text(encoding="utf-8").splitlines() == [
        "file,line,row_id,reason,handled",
        f"{a},5,4,illegal_label,dropped",
        f"{a},6,5,illegal_label,dropped",
        f"{a},7,6,missing_label,dropped",
        f"{a},8,1,repeated_id,dropped",
        f"{a},9,8,missing_text,placeholder",
        f"{a},10,9,emptied_text,dropped",
        f"{a},11,,missing_id,dropped",
        f"{a},12,11,conflicting_labels,kept",
        f"{a},13,12,conflicting_labels,kept",
        f"{a},14,13,conflicting_labels,relabelled",
        f"{b},2,202,missing_text,placeholder",
        f"{b},3,203,illegal_label,dropped",
        f"{b},4,204,illegal_label,dropped",
        f"{b},7,3,repeated_id,dropped",
        f"{b},8,208,missing_label,dropped",
        f"{test},4,t3,missing_text,placeholder",
        f"{test},5,t4,emptied_text,placeholder",
        f"{a},16,,undecodable_bytes,replaced",
    ]


def test_texts_come_through_whole_and_test_rows_all_stay(folder: Path) -> None:
    prepare.main()
    train, test = (pd.read_parquet(f"data/prepared/{name}.parquet").set_index("row_id") for name in ("train", "test"))
    texts = train["text"].to_dict()
    assert texts["2"] == 'say "hi" second'  # strip_whitespace makes one space of U+2028; before it, the text was whole
    assert texts["3"] == LONG
    assert len(LONG) == 3000
    assert texts["8"] == texts["202"] == "[EMPTY]"
    assert texts["15"] == "坏字节\ufffd\ufffd"
    assert train["label"].to_dict()["13"] == "0"
    assert train["label"].to_dict()["201"] == "0"
    assert test.index.tolist() == [row_id for row_id, _ in TEST]
    assert test["text"].tolist() == ["今天,很开心", "新的文本", "[EMPTY]", "[EMPTY]", LONG, "a b"]


def test_folds_hold_every_row_once_and_duplicates_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare.main()
    split_folds.main()
    train, folds = pd.read_parquet("data/prepared/train.parquet"), pd.read_parquet("data/folds.parquet")
    assert folds["row_id"].tolist() == train["row_id"].tolist()
    assert np.bincount(folds["fold"]).tolist() == [8, 9, 9]
    fold = dict(zip(folds["row_id"], folds["fold"], strict=True))
    assert fold["11"] == fold["12"] == fold["13"]
    assert fold["8"] == fold["202"]
    assert fold["205"] != fold["206"]
    printed = capsys.readouterr().out
    assert (
        "a single text (or group): the fold that holds it out trains without the class and cannot predict it: 5 (1)"
        in printed
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"undecodable": "refuse"}, "set data.undecodable to replace"),
        *[
            ({"bad_rows": RULES | {reason: "refuse"}}, rf"data\.bad_rows\.{reason} to ")
            for reason in RULES
            if reason != "conflicting_labels"
        ],
    ],
)
def test_what_is_refused_names_the_key_that_would_let_it_through(
    folder: Path, changes: dict[str, Any], message: str
) -> None:
    write_params(**changes)
    with pytest.raises(UserError, match=message):
        prepare.main()
    assert not Path("data/prepared").exists()


def test_numbers_take_the_place_of_bad_ids(folder: Path) -> None:
    write_params(bad_rows=RULES | {"missing_id": "number"})
    prepare.main()
    train = pd.read_parquet("data/prepared/train.parquet")
    assert train["row_id"].tolist()[:3] == ["0", "1", "2"]
    assert len(train) == 29  # the row without id stays, and so do the two whose id was another's
    assert train["row_id"].is_unique


@pytest.mark.dag
def test_the_whole_dag_runs_to_a_submission(folder: Path) -> None:
    text = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(text.replace("toy: false", "toy: true"), encoding="utf-8")
    run_all()
    lines = Path("reports/submission.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [row_id for row_id, _ in TEST]
    assert {line.split(",")[1] for line in lines[1:]} <= {"0", "1", "5", "7"}
    page = Path("reports/index.html").read_text(encoding="utf-8")
    assert "2 bytes could not be, and became U+FFFD" in page


@pytest.fixture
def hashes(folder: Path) -> Callable[[], list[bytes]]:
    def read() -> list[bytes]:
        return [path.read_bytes() for path in sorted(Path("data").rglob("*")) if path.is_file()]

    return read


def test_the_same_bytes_each_time(folder: Path, hashes: Callable[[], list[bytes]]) -> None:
    prepare.main()
    split_folds.main()
    first = hashes()
    prepare.main()
    split_folds.main()
    assert hashes() == first
