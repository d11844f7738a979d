"""`finetune` alone: killed in the middle of a fold, it goes on where it was."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from pipeline.artifacts.paths import ADDITIONAL
from pipeline.artifacts.tables import gather_copies, write_table
from pipeline.plan.entries import entry_of
from pipeline.plan.fingerprint import Fingerprint
from pipeline.runtime.scratch import published_folders
from pipeline.steps import finetune
from pipeline.training import loop


@pytest.fixture
def project(tmp_path, monkeypatch, tiny_checkpoint, short_texts, short_labels, neural_recipe):
    """What finetune reads of a project with one member and two folds, and a state at every update."""
    monkeypatch.chdir(tmp_path)
    for folder in ("data/prepared", "models/encoders"):
        Path(folder).mkdir(parents=True)
    shutil.copytree(tiny_checkpoint("bert"), "models/encoders/x")
    row_id = [f"r{i}" for i in range(len(short_texts))]
    table = pd.DataFrame({"row_id": row_id, "text": short_texts, "label_id": short_labels})
    table.to_parquet("data/prepared/train.parquet")
    folds = pd.DataFrame({"row_id": row_id, "repeat": 0, "fold": np.arange(len(row_id)) % 2})
    folds.to_parquet("data/folds.parquet")
    Path("data/prepared/labels.json").write_text(json.dumps({"labels": ["a", "b", "c"]}))
    write_table(ADDITIONAL / "bert.parquet", gather_copies([]))
    recipe = neural_recipe(averaging="ema")
    settings = {"members": {"bert": recipe.model_dump(by_alias=True, mode="json")}}
    monkeypatch.setattr(loop.train_classifier, "__kwdefaults__", {"seconds_between_saves": 0.0})
    monkeypatch.setenv("CONCLAVE_DEVICES", "cpu")
    for cached in (finetune._inputs, finetune._scratch):
        cached.cache_clear()
    yield entry_of("finetune", "bert", settings, (), Fingerprint("code", {}))
    for cached in (finetune._inputs, finetune._scratch):
        cached.cache_clear()


def outputs():
    folders = [Path("models/members"), Path("models/oof_logits"), Path("reports/history")]
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {path.as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def whole(project):
    """The outputs of a run that nobody disturbed; nothing else is left of it."""
    finetune.run(project)
    made = outputs()
    assert {f"models/members/bert/fold-{k}/model.safetensors" for k in (0, 1)} <= made.keys()
    assert not {"curve.csv", "sha256.json"} & {Path(file).name for file in made}
    place = json.loads(Path("models/members/bert/fold-0/made_on.json").read_text())
    assert place.keys() == {"device", "cpu", "torch", "numpy", "scikit-learn"}
    assert json.loads(Path("reports/made_on/bert.json").read_text())["folds"] == {"fold-0": place, "fold-1": place}
    clear("models/members", "models/oof_logits", "reports", ".scratch")
    return made


def clear(*folders):
    for folder in folders:
        shutil.rmtree(folder)


def test_goes_on_in_the_middle_of_a_fold(project, whole, monkeypatch):

    updates, made = iter(range(1, 99)), []

    def updater(*args):
        update = real(*args)

        def counted(batch):
            made.append(next(updates))
            if made[-1] == 11:  # in the first epoch of the second fold: a fold has 2 epochs of 4 updates
                raise KeyboardInterrupt
            return update(batch)

        return counted

    real = loop.updater
    with monkeypatch.context() as patch:
        patch.setattr(loop, "updater", updater)
        with pytest.raises(KeyboardInterrupt):
            finetune.run(project)
        assert outputs() == {}
        assert [path.name[:13] for path in Path(".scratch").rglob("*.state.*")] == ["fold-1.state."]
        made.clear()
        finetune.run(project)
    assert len(made) == 6, "two of the second fold's eight updates were made before"
    assert outputs() == whole
    assert not [*Path(".scratch").rglob("*.state*"), *Path(".scratch").rglob("*.lock"), *Path().rglob(".tmp-*")]


def test_finished_folds_are_published_again_until_dvc_has_recorded_them(project, whole, capsys):
    """A kill between the last fold and DVC's own end: DVC removes the outputs and runs the stage again."""
    finetune.run(project)
    clear("models/members", "models/oof_logits", "reports")
    capsys.readouterr()
    finetune.run(project)
    assert outputs() == whole
    assert capsys.readouterr().out.splitlines()[:2] == [f"bert fold {k}: finished before, kept" for k in (0, 1)]
    assert [published.stage for published in published_folders()] == ["finetune@bert"]


@pytest.mark.parametrize("file", ["weights/model.safetensors", "logits.npz", "history.csv", "sha256.json"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "gone"])
def test_a_damaged_fold_is_trained_again_and_the_others_are_kept(project, whole, capsys, file, damage):
    finetune.run(project)
    clear("models/members", "models/oof_logits", "reports")
    (folder,) = Path(".scratch").glob("bert-*/fold-0")
    content = bytearray((folder / file).read_bytes())
    if damage == "cut":
        (folder / file).write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        content[len(content) // 2] ^= 1
        (folder / file).write_bytes(content)
    else:
        (folder / file).unlink()
    capsys.readouterr()
    finetune.run(project)
    assert outputs() == whole
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [
        f"bert fold 0: {folder} was damaged since it was written; thrown away, to be made again",
        "bert fold 1: finished before, kept",
    ]
    assert [line for line in said if "macro-F1" in line and "fold 1" in line] == []


def test_a_fold_that_somebody_else_has_finished_meanwhile_is_not_trained(project, whole, monkeypatch, capsys):
    """Two terminals: the second waits for the first at its fold, and then has nothing to do."""
    finetune.run(project, fold=1)
    monkeypatch.setattr(finetune, "_train_into", None)
    finetune.train_one_fold(project, 1, "cpu")


def test_threads_are_set_anew_for_every_fold(project):
    """A process trains folds of several members in turn, and their threads differ."""
    finetune.train_one_fold(project, 0, "cpu")
    torch.set_num_threads(2)
    finetune.train_one_fold(project, 1, "cpu")
    assert torch.get_num_threads() == 1
