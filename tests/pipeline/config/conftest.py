import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline.config import Params, load_params
from pipeline.config.defaults import lay_over_defaults
from pipeline.errors import UserError

ROOT = Path(__file__).parents[3]
SHAPE = {"layers": 2, "hidden": 128, "heads": 2, "intermediate": 512, "max_length": 128}
ENCODERS = {"tiny-bert": "bert", "tiny-nezha": "nezha"}
# What the tests below reckon with; the real file's sizes may be tuned without them.
PINNED: dict[str, Any] = {
    "toy": False,
    "folds.n_folds": 5,
    "hub": {},
    "scratch": {
        name: {
            "from": "data/plain/stackdocs.txt",
            "architecture": {"name": kind, **SHAPE},
            "vocab_size": 8000,
            "split": "whitespace",
            "mlm": {"steps": 600},
        }
        for name, kind in ENCODERS.items()
    },
    "encoders": {
        name: {
            "from": f"models/pretrained/{name}",
            "reference": f"models/pretrained/{name}/token_counts.json",
            "align": {},
            "corpus": "data/prepared/corpus.parquet",
            "post_train": {},
        }
        for name in ENCODERS
    },
    "vectors": {"tfidf": {"kind": "tfidf"}},
    "augment": {},
    "members": {
        "bert-ce": {"kind": "neural", "from": "models/encoders/tiny-bert"},
        "nezha-dice": {
            "kind": "neural",
            "from": "models/encoders/tiny-nezha",
            "loss": "dice",
            "contrastive": {"loss": "supcon", "weight": 0.1, "on": "samples"},
        },
        "tfidf-svm": {"kind": "linear", "from": "models/vectors/tfidf"},
    },
    "external": {},
    "defaults.masked_lm.steps": 400,
    "defaults.masked_lm.checkpoints": [],
    "defaults.masked_lm.max_length": 128,
    "defaults.neural.max_length": 128,
    "defaults.neural.loss": "ce",
    "defaults.neural.contrastive": None,
    "defaults.neural.early_stop": {"on": "never", "metric": "macro_f1", "share": 0.1, "patience": 3},
    "defaults.tfidf.ngrams": [1, 2],
    "defaults.losses": {
        "ce": {"label_smoothing": 0.0},
        "focal": {"gamma": 1.0},
        "dice": {"alpha": 0.3, "smooth": 1.0, "squared_denominator": True, "hardest_share": 1.0},
    },
    "defaults.contrastive.supcon": {"temperature": 0.5},
}


def change(raw: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy with some keys changed: `{"folds.n_folds": 3}`; `...` takes a key out."""
    raw = copy.deepcopy(raw)
    for key, value in changes.items():
        *above, last = key.split(".")
        node = raw
        for part in above:
            node = node[part]
        if value is ...:
            del node[last]
        else:
            node[last] = copy.deepcopy(value)
    return raw


BASE = change(lay_over_defaults(YAML(typ="safe").load(ROOT / "params.yaml")), PINNED)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], Params]:
    """The params of the file above with some keys changed.

    It has every default in it, and nothing else is laid under it: so a test may take one out.
    """

    def read(changes: dict[str, Any]) -> Params:
        raw = change(BASE, changes)
        monkeypatch.setattr("pipeline.config.defaults.read_defaults", dict)
        monkeypatch.setattr("pipeline.config.load._read_yaml", lambda path: raw)  # writing and parsing YAML is slow
        return load_params(Path("params.yaml"))

    return read


@pytest.fixture
def errors(load: Callable[[dict[str, Any]], Params]) -> Callable[[dict[str, Any]], list[str]]:
    """The lines of what is refused in the file above with some keys changed, without the first, which counts them."""

    def refused(changes: dict[str, Any]) -> list[str]:
        with pytest.raises(UserError) as raised:
            load(changes)
        head, *lines = str(raised.value).split("\n")
        count = "1 error" if len(lines) == 1 else f"{len(lines)} errors"
        assert head == f"params.yaml: {count}"
        assert all(line.startswith("  ") for line in lines)
        assert lines == sorted(set(lines))
        return [line.strip() for line in lines]

    return refused
