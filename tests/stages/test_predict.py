"""A member's fold models on the test rows."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from dag_workspace import tree_hashes
from tiny_ensemble import PARAMS, make_ensemble, write_params

from pipeline.artifacts.paths import TEST_LOGITS
from pipeline.errors import UserError
from pipeline.members.neural.kind import Neural
from pipeline.runtime.scratch import published_folders
from pipeline.steps import predict as predict_step
from stages import fuse, predict


@pytest.fixture(scope="module")
def predicted(tmp_path_factory, short_texts, short_labels):
    root = tmp_path_factory.mktemp("ensemble")
    make_ensemble(root, short_texts, short_labels, last="predict")
    return root


@pytest.fixture
def project(predicted, tmp_path, monkeypatch):
    """A copy, which a test may change."""
    shutil.copytree(predicted, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("CONCLAVE_DEVICES", "cpu")


def test_a_killed_predict_goes_on_with_the_models_that_are_left(project, monkeypatch, capsys):
    whole = tree_hashes(TEST_LOGITS / "words")
    shutil.rmtree(TEST_LOGITS / "words")
    shutil.rmtree(".scratch")
    asked = []

    def kill(kind, shared, fold, *rest):
        if len(asked) == 1:
            raise KeyboardInterrupt
        asked.append(fold.name)
        return real(kind, shared, fold, *rest)

    real = Neural.load
    with monkeypatch.context() as patch:
        patch.setattr(Neural, "load", kill)
        with pytest.raises(KeyboardInterrupt):
            predict.main("words")
    assert asked == ["fold-0"]
    assert not (TEST_LOGITS / "words").exists()
    capsys.readouterr()
    predict.main("words")
    said = [f"predict words fold-{k}: 21 rows" for k in (1, 2)]
    assert capsys.readouterr().out.splitlines()[:-1] == said
    assert tree_hashes(TEST_LOGITS / "words") == whole
    shutil.rmtree(TEST_LOGITS / "words")
    monkeypatch.setattr(Neural, "load", None)
    predict.main("words")
    assert tree_hashes(TEST_LOGITS / "words") == whole, "published again until DVC has recorded it"
    assert [published.stage for published in published_folders()] == ["predict@words"]


def test_fold_models_side_by_side_give_the_same_bytes(project, monkeypatch):
    monkeypatch.setenv("CONCLAVE_DEVICES", "cpu,cpu")
    whole = tree_hashes(TEST_LOGITS / "svm")
    shutil.rmtree(TEST_LOGITS / "svm")
    shutil.rmtree(".scratch")
    predict_step._inputs.cache_clear()  # this process has no use for them
    predict.main("svm")
    assert tree_hashes(TEST_LOGITS / "svm") == whole
    assert predict_step._inputs.cache_info().currsize == 0


@pytest.mark.parametrize("asked", [{}, {"text": "a0"}, {"file": "new.csv"}, {"member": "svm", "text": "a0"}])
def test_texts_are_for_another_command(asked):
    with pytest.raises(UserError, match=r"^predict: name a member, and no more; `python -m stages\.ask --text` or `--"):
        predict.main(**asked)


def test_every_members_lengths_were_measured(predicted, monkeypatch):
    monkeypatch.chdir(predicted)
    reports = {m: json.loads(Path(f"reports/lengths/{m}.json").read_text()) for m in PARAMS["members"]}
    assert reports["svm"] == reports["nb"] == reports["mlp"] == {}
    assert reports["words"]["train"]["q100"] == max(len(text.split()) for text in _train_texts()), (
        "words, without special tokens"
    )


def _train_texts():
    with Path("data/raw/tiny/train.csv").open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


@pytest.mark.parametrize("members", [["svm"], list(PARAMS["members"])])
def test_ballots_alone_are_fused(project, members):
    """Also of one member: what each member adds is asked of rules, since a ballot cannot spare a voter."""
    ballots = {"alone": {"voters": ["svm"]}}
    fusion = {"rules": [], "ballots": ballots, "member_weights": ["none", "prior"]}
    write_params(fusion=fusion, members={name: PARAMS["members"][name] for name in members})
    fuse.main()
    report = json.loads(Path("reports/fusion.json").read_text())
    assert list(report["scores"]) == [*members, "alone", "alone+prior"]
    assert report["scores"]["alone"] == report["scores"]["svm"]
    assert report["fitted"] == {"alone": 0, "alone+prior": len(members)}
    assert "member_gains" not in report
