"""`toy: true`: every stage of any params file, at a size for tests; the shape of the work stays, its amount shrinks."""

from typing import Any

from pydantic import BaseModel

from pipeline.config.schema import Params

# A key anywhere in the file -> the most that a toy run allows.
CAPS = {
    "n_classes": 6,
    "n_train": 240,
    "n_test": 60,
    "n": 50,
    "layers": 1,
    "hidden": 32,
    "heads": 2,
    "intermediate": 64,
    "vocab_size": 3000,
    "max_length": 48,
    "steps": 6,
    "batch_tokens": 1024,
    "evaluate_every": 3,
    "epochs": 1,
    "dimensions": 16,
    "copies": 1,
    "batch_size": 64,
    "bootstrap_samples": 50,
    "trees": 3,
}


def shrink_to_toy(params: Params) -> Params:
    """The same params with every size capped.

    Step checkpoints keep their names, because members start from them; a training that ends sooner saves its last
    step under those names.
    """
    small: Params = _shrink(params)
    return small


def _shrink(node: Any) -> Any:
    if isinstance(node, BaseModel):
        # A copy is not validated again: the file was, and a capped value may break a rule between two keys.
        return node.model_copy(update={name: _cap(name, getattr(node, name)) for name in type(node).model_fields})
    if isinstance(node, dict):
        return {key: _cap(key, value) for key, value in node.items()}
    return node


def _cap(name: Any, value: Any) -> Any:
    if name in CAPS and isinstance(value, int):
        return min(value, CAPS[name])
    return _shrink(value)
