"""`finetune` alone: killed in the middle of a fold, it goes on where it was."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.training import loop
from stages import finetune


@pytest.fixture
def project(tmp_path, monkeypatch, tiny_checkpoint, short_texts, short_labels, neural_recipe):
    """What finetune reads of a project with one member and two folds, and a state at every update."""
    monkeypatch.chdir(tmp_path)
    for folder in ("models/recipes", "data/prepared", "models/encoders"):
        Path(folder).mkdir(parents=True)
    shutil.copytree(tiny_checkpoint("bert"), "models/encoders/x")
    row_id = [f"r{i}" for i in range(len(short_texts))]
    table = pd.DataFrame({"row_id": row_id, "text": short_texts, "label_id": short_labels})
    table.to_parquet("data/prepared/train.parquet")
    folds = pd.DataFrame({"row_id": row_id, "repeat": 0, "fold": np.arange(len(row_id)) % 2})
    folds.to_parquet("data/folds.parquet")
    Path("data/prepared/labels.json").write_text(json.dumps({"labels": ["a", "b", "c"]}))
    recipe = neural_recipe(averaging="ema") | {"name": "bert", "augmented": {}}
    Path("models/recipes/bert.json").write_text(json.dumps(recipe))
    monkeypatch.setattr(loop.train_classifier, "__kwdefaults__", {"seconds_between_saves": 0.0})
    monkeypatch.setenv("CONCLAVE_DEVICES", "cpu")
    for cached in (finetune._inputs, finetune._scratch_key):
        cached.cache_clear()
    yield
    for cached in (finetune._inputs, finetune._scratch_key):
        cached.cache_clear()


def outputs():
    folders = [Path("models/members"), Path("models/oof_logits"), Path("reports/history")]
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {path.as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_goes_on_in_the_middle_of_a_fold_and_leaves_nothing_behind(project, monkeypatch):
    finetune.main("bert")
    whole = outputs()
    assert {f"models/members/bert/fold-{k}/model.safetensors" for k in (0, 1)} <= whole.keys()
    for folder in ("models/members", "models/oof_logits", "reports"):
        shutil.rmtree(folder)

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
            finetune.main("bert")
        assert outputs() == {}
        assert [path.name for path in Path(".scratch").rglob("*.state")] == ["fold-1.state"]
        made.clear()
        finetune.main("bert")
    assert len(made) == 6, "two of the second fold's eight updates were made before"
    assert outputs() == whole
    assert list(Path(".scratch").iterdir()) == []
