"""A recipe, and texts of different lengths as batches."""

from typing import Any

import numpy as np
import pytest
import torch

from pipeline.fields.build import build
from pipeline.members.neural.recipe import Recipe

LENGTHS = (17, 3, 9, 2, 12)
ALL = range(len(LENGTHS))


@pytest.fixture
def recipe() -> Any:
    """What `build_classifier` reads of a member's recipe, with changes: `recipe(combine="concat")`."""
    plain = {
        "layers": {"name": "last"},
        "sequence": [],
        "poolers": [{"name": "mean"}],
        "combine": "sum",
        "dropout": 0.1,
        "lora": None,
        "head": {"samples": 1, "reduce": "mean", "p": 0.1},
        "levels": None,
    }
    return lambda **changes: build(Recipe, {"kind": "neural", **plain, **changes})


@pytest.fixture
def named(piece_arguments: Any) -> Any:
    """A piece with its default arguments, small enough for tiny encoders: `named("layers", "early_exit")`."""
    small = {"early_exit": {"n": 1}, "concat_last": {"n": 2}, "hire": {"size": 3}, "textcnn": {"filters": 4}}
    small["word_conv"] = {"buckets": 9, "size": 3, "filters": 4}

    def piece(family: str, word: str) -> dict[str, Any]:
        return {"name": word, **piece_arguments(family, word), **small.get(word, {})}

    return piece


@pytest.fixture
def batch() -> Any:
    """Five texts of 2 to 17 tokens, or some of them, padded to any width: `batch(pad_id, rows, width)`.

    `words=True` adds the words that the tokens lie in.
    """
    rng = np.random.default_rng(0)
    texts = [torch.from_numpy(rng.integers(5, 40, n)) for n in LENGTHS]
    word_texts = [torch.from_numpy(rng.integers(0, 2**31 - 1, n)) for n in LENGTHS]

    def make(pad_id: int = 0, rows: Any = ALL, width: int = 0, words: bool = False) -> tuple[torch.Tensor, ...]:
        chosen = [texts[row] for row in rows]
        width = max(width, *map(len, chosen), 1)
        input_ids = torch.full((len(chosen), width), pad_id)
        mask, word_ids = torch.zeros(2, len(chosen), width, dtype=torch.int64)
        for i, (row, text) in enumerate(zip(rows, chosen, strict=True)):
            input_ids[i, : len(text)] = text
            word_ids[i, : len(text)] = word_texts[row]
            mask[i, : len(text)] = 1
        return (input_ids, mask, word_ids) if words else (input_ids, mask)

    return make
