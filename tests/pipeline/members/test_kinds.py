"""Every kind of member is a module with the functions that `pipeline.members` lists."""

import inspect
import re

import pytest

import pipeline.members
from pipeline import registry

FUNCTIONS = re.findall(r"^- `(\w+)\(", pipeline.members.__doc__ or "", re.MULTILINE)


@pytest.mark.parametrize("word", registry.words("kinds"))
def test_every_kind_has_the_same_functions(word):
    assert {"featurize", "load_reader", "train_fold", "predict", "load_fold"} <= set(FUNCTIONS)
    kind, reference = registry.load("kinds", word), registry.load("kinds", "linear")
    for name in FUNCTIONS:
        ours, theirs = (inspect.signature(getattr(module, name)) for module in (kind, reference))
        assert list(ours.parameters) == list(theirs.parameters), name
