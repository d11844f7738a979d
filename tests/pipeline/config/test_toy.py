from pathlib import Path

import pytest
from pydantic import BaseModel

from pipeline.config import load_params
from pipeline.config.toy import shrink_to_toy

ROOT = Path(__file__).parents[3]
FILES = [ROOT / "params.yaml", *sorted((ROOT / "profiles").glob("*.yaml"))]


def sizes(node, where=""):
    """Every number of a section, by its full key, and the most that a toy run allows for it."""
    limits = node.toy_limits if isinstance(node, BaseModel) else {}
    items = node.items() if isinstance(node, dict) else ()
    if isinstance(node, BaseModel):
        items = [(name, getattr(node, name)) for name in type(node).model_fields if name != "defaults"]
    for name, value in items:
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{where}.{name}", (value, limits.get(name, value))
        else:
            yield from sizes(value, f"{where}.{name}")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_params_file_shrinks(file):
    params = load_params(file)
    full, small = dict(sizes(params)), dict(sizes(shrink_to_toy(params)))
    assert full.keys() == small.keys()
    assert {key.rsplit(".", 1)[-1] for key, (value, limit) in full.items() if limit < value} >= {
        "epochs",
        "bootstrap_samples",
    }
    for key, (value, _) in small.items():
        assert value == min(full[key]), key
    for entry in shrink_to_toy(params).scratch.values():
        assert entry.architecture.hidden % entry.architecture.heads == 0


def test_toy_true_shrinks_what_is_read(load):
    params = load({"toy": True})
    assert params.members["bert-ce"].epochs == 1
    assert params.scratch["tiny-bert"].architecture.hidden == 32
    assert params.folds.n_folds == 5, "the shape of the work stays"


def test_checkpoints_keep_their_names(load):
    params = load({
        "toy": True,
        "encoders.tiny-bert.post_train": {"checkpoints": [100, 300]},
        "members.bert-ce.from": "models/encoders/tiny-bert/step-300",
    })  # fmt: skip
    assert params.encoders["tiny-bert"].post_train.checkpoints == [100, 300]
    assert params.encoders["tiny-bert"].post_train.steps == 6


def test_what_is_smaller_stays(load):
    params = load({"toy": True, "scratch.tiny-bert.mlm": {"steps": 0}, "defaults.masked_lm.batch_tokens": 64})
    assert params.scratch["tiny-bert"].mlm.steps == 0
    assert params.encoders["tiny-bert"].post_train.batch_tokens == 64
