"""Word vectors and augmentation, on the real DAG at toy size, with members that need no torch."""

import csv
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

sys.path.insert(0, str(Path(__file__).parent))
from dag_workspace import Workspace, commit, new_workspace

from pipeline.artifacts.tables import read_table

pytestmark = pytest.mark.dag

LINEAR = {"kind": "linear", "from": "models/vectors/tfidf"}
W2V = {"kind": "word2vec", "dimensions": 8, "min_count": 1}
SWAPPED = {"method": "random_swap", "from": "data/prepared/train.parquet"}
NEAR = {"method": {"name": "synonym_replacement", "threshold": 0.1}, "from": "models/vectors/w2v"}
MEMBERS = {
    "plain": LINEAR,
    "swapped": {**LINEAR, "augment": ["swapped", "near"]},
    "words": {**LINEAR, "from": "models/vectors/w2v"},
}
PREDICT = [f"predict@{name}" for name in MEMBERS]


def edit_params(workspace: Workspace, **changes: Any) -> None:
    """Put whole sections in the place of those of params.yaml."""
    yaml = YAML()
    params = yaml.load(workspace.root / "params.yaml")
    params.update(changes)
    yaml.dump(params, workspace.root / "params.yaml")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace in which three linear members have run, one with copies and one on word vectors."""
    folder = tmp_path_factory.mktemp("augment")
    workspace = new_workspace(folder / "project", folder / "cache")
    vectors = {"tfidf": {"kind": "tfidf"}, "w2v": W2V}
    edit_params(workspace, vectors=vectors, augment={"swapped": SWAPPED, "near": NEAR}, members=MEMBERS)
    ran = workspace.repro(*PREDICT)
    order = ["prepare", "train_vectors@w2v", "augment@near", "gather", "finetune@swapped"]
    assert [stage for stage in ran if stage in order] == order
    assert "augment@swapped" in ran
    commit(workspace)
    return workspace


@pytest.fixture
def workspace(made: Workspace, tmp_path: Path) -> Workspace:
    return made.copy(tmp_path / "project")


def test_copies_belong_to_training_rows(made: Workspace) -> None:
    train = read_table(made.root / "data/prepared/train.parquet", ["row_id", "text"]).set_index("row_id")["text"]
    copies = read_table(made.root / "data/augmented/swapped.parquet", ["row_id", "copy", "text"])
    assert len(copies) > 0.9 * len(train)
    for row_id, text in zip(copies["row_id"], copies["text"], strict=True):
        assert text != train[row_id]
        assert sorted(text.split()) == sorted(train[row_id].split())


def test_members_get_the_copies_that_they_name(made: Workspace) -> None:
    rows = {name: read_table(made.root / f"data/additional/{name}.parquet", ["row_id", "text"]) for name in MEMBERS}
    copies = [
        read_table(made.root / f"data/augmented/{name}.parquet", ["row_id", "text"]) for name in ("swapped", "near")
    ]
    assert len(rows["plain"]) == 0
    pd.testing.assert_frame_equal(rows["swapped"], pd.concat(copies, ignore_index=True))


def test_a_second_run_runs_nothing(workspace: Workspace) -> None:
    assert workspace.repro(*PREDICT) == []
    assert workspace.run("git", "status", "--porcelain") == ""


def test_an_augmentation_trains_those_who_use_it(workspace: Workspace) -> None:
    """Another seed for one that a member uses, and a new one that nobody uses."""
    other = {"method": "random_delete", "from": "data/prepared/train.parquet"}
    edit_params(workspace, augment={"swapped": {**SWAPPED, "seed": 7}, "near": NEAR, "other": other})
    ran = workspace.repro(*PREDICT)
    assert ran[0] == "plan"
    assert set(ran[1:3]) == {"augment@swapped", "augment@other"}
    assert ran[3:] == ["gather", "finetune@swapped", "predict@swapped"]


def test_a_dropped_augmentation_is_pruned(workspace: Workspace) -> None:
    edit_params(workspace, augment={"swapped": SWAPPED}, members={**MEMBERS, "swapped": LINEAR})
    assert "data/augmented/near.parquet" in workspace.run(sys.executable, "-m", "tools.prune")
    assert not (workspace.root / "data/augmented/near.parquet").exists()
    assert "finetune@swapped" in workspace.repro(*PREDICT)


def test_a_dictionary_is_a_dependency_of_vectors(workspace: Workspace) -> None:
    """An edit of the words trains the vectors again; the same bytes come out where they are not used."""
    (workspace.root / "data/dictionaries/own.txt").write_text("一个新词 5 n\n", encoding="utf-8")
    ran = workspace.repro(*PREDICT)
    assert {"train_vectors@tfidf", "train_vectors@w2v"} <= set(ran)
    assert not [stage for stage in ran if stage.startswith("finetune")]


def test_word_vectors_are_plain_and_a_member_uses_them(made: Workspace) -> None:
    folder = made.root / "models/vectors/w2v"
    files = {"idf.npy", "segmentation.json", "settings.json", "vectors.npy", "words.txt"}
    assert {path.name for path in folder.iterdir()} == files
    history = made.root / "reports/history/finetune/words/fold-0.csv"
    with history.open(encoding="utf-8", newline="") as file:
        assert float(next(csv.DictReader(file))["macro_f1"]) > 0
