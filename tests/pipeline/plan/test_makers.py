"""Who makes what members read, held against dvc.yaml."""

import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.config import load_params
from pipeline.errors import UserError
from pipeline.plan.makers import maker, require_made

ROOT = Path(__file__).parents[3]
DAG = YAML(typ="safe", pure=True).load(ROOT / "dvc.yaml")["stages"]
PARAMS = load_params(ROOT / "params.yaml")


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("data/prepared/train.parquet", "prepare"),
        ("data/prepared/labels.json", "prepare"),
        ("data/folds.parquet", "split_folds"),
        ("data/additional/bert-ce.parquet", "gather"),
        ("models/pretrained/tiny-bert", "pretrain@tiny-bert"),
        ("models/aligned/tiny-bert", "align_vocab@tiny-bert"),
        ("models/encoders/tiny-bert", "post_train@tiny-bert"),
        ("models/encoders/tiny-bert/step-20", "post_train@tiny-bert"),
        ("models/vectors/tfidf", "train_vectors@tfidf"),
    ],
)
def test_the_stage_that_makes_a_path(path, stage):
    assert maker(Path(path), PARAMS) == stage
    name, _, key = stage.partition("@")
    outs = [out.replace("${key}", key) for out in DAG[name].get("do", DAG[name])["outs"]]
    assert any(Path(path).is_relative_to(out) for out in outs)


def test_a_checkpoint_of_the_hub():
    params = PARAMS.model_copy(update={"hub": {"big": None}})
    assert maker(Path("models/pretrained/big"), params) == "download@big"


@pytest.mark.parametrize("path", ["models/own/bert", "models/encoders/gone", "models/encoders"])
def test_what_no_stage_makes(path):
    assert maker(Path(path), PARAMS) is None


def test_what_is_not_there_is_named_once_with_whom_it_is_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(ROOT / "params.yaml", "params.yaml")
    folds, vectors, own = Path("data/folds.parquet"), Path("models/vectors/tfidf"), Path("models/own/bert")
    inputs = {"svm": [folds, vectors], "bert": [folds, own]}
    with pytest.raises(UserError) as refused:
        require_made(inputs)
    assert str(refused.value) == (
        "not there yet: data/folds.parquet for all members; models/vectors/tfidf for svm; models/own/bert for bert. "
        "First run `dvc repro split_folds train_vectors@tfidf`, and put models/own/bert there, which no stage makes"
    )
    for path in (folds, vectors, own):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    require_made(inputs)
