"""A tiny real ensemble, made by the stages themselves."""

import csv
import importlib
import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline import registry
from pipeline.config import load_params
from pipeline.plan.current import running
from stages import plan

ROOT = Path(__file__).parents[2]
PARAMS = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
PARAMS["data"] |= {
    "competition": "tiny", "corpus": ["train.csv"], "sample_submission": None, "answer_key": None,
    "level_separator": None, "clean": ["lower_case", {"name": "squeeze_repeats", "longest": 3}, "strip_whitespace"],
}  # fmt: skip
PARAMS["folds"]["n_folds"] = 3
PARAMS |= {"scratch": {}, "encoders": {}, "augment": {}, "external": {}}
PARAMS["class_weights"] |= {"methods": ["none", "coordinate"], "bootstrap_samples": 10}
BALLOTS = {"pair": {"voters": ["svm", "nb"]}, "last": {"voters": ["pair", "words"], "rule": "probability_average"}}
RULES = registry.words("fusion")
PARAMS["fusion"] = {"rules": RULES, "ballots": BALLOTS, "member_weights": ["none", "calibrated_prior"]}
PARAMS["vectors"] = {
    "tfidf": {"kind": "tfidf"},
    "w2v": {"kind": "word2vec", "dimensions": 8, "min_count": 1, "epochs": 2},
}
PARAMS["members"] = {
    "svm": {"kind": "linear", "from": "models/vectors/tfidf"},
    "nb": {"kind": "linear", "from": "models/vectors/tfidf", "classifier": "logistic", "weighting": "naive_bayes"},
    "mlp": {"kind": "mlp", "from": "models/vectors/w2v", "epochs": 5, "threads": 1},
    "words": {"kind": "neural", "from": "models/vectors/w2v", "poolers": ["max"], "epochs": 2, "threads": 1},
}


def write_csv(path, columns, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def write_params(**changes):
    Path("params.yaml").write_text(json.dumps(PARAMS | changes), encoding="utf-8")  # JSON is YAML


def write_files(root, short_texts, short_labels):
    """The competition's files; test texts shout, so that cleaning has something to do."""
    raw = root / "data/raw/tiny"
    labels = [f"class {label}" for label in short_labels]
    rows = [[f"r{i}", text, label] for i, (text, label) in enumerate(zip(short_texts, labels, strict=True))]
    write_csv(raw / "train.csv", ["id", "text", "label"], rows)
    shouted = [f"  {text.upper()} " for text in short_texts[:20]]
    write_csv(raw / "test.csv", ["id", "text"], [*([f"t{i}", text] for i, text in enumerate(shouted)), ["t20", " "]])


def make_ensemble(root, short_texts, short_labels, last="submit"):
    """Let every stage run in the folder `root`, up to the last one."""
    write_files(root, short_texts, short_labels)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setenv("CONCLAVE_DEVICES", "cpu")  # in this process: nothing here is worth starting another
        write_params()
        run_stages(last)


def run_stages(last):
    """Run the stages in the present folder, up to the last one."""
    params = load_params()
    finetune = importlib.import_module("pipeline.steps.finetune")
    plan.main()
    for stage, names in {
        "prepare": [None],
        "split_folds": [None],
        "train_vectors": params.vectors,
        "gather": [None],
        "lengths": params.members,
        "finetune": params.members,
        "predict": params.members,
        "fuse": [None],
        "search_weights": [None],
        "submit": [None],
        "report": [None],
    }.items():
        step = importlib.import_module(f"pipeline.steps.{stage}")
        for cached in (finetune._inputs, finetune._scratch):
            cached.cache_clear()
        for name in names:
            with running(stage, name) as entry:
                step.run(entry)
        if stage == last:
            break
