"""Finished members: each the mean of its fold models."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from pipeline.artifacts.paths import fold_name
from pipeline.artifacts.require import require_file
from pipeline.data.labels import LabelSet
from pipeline.decision.artifact import Decision
from pipeline.fusion import softmax
from pipeline.members.kind import load_kind
from pipeline.members.recipe import read_recipe
from pipeline.metrics.arrays import FloatArray
from pipeline.runtime.devices import usable_devices

Member: TypeAlias = Callable[[Sequence[str]], FloatArray]  # n cleaned texts → probabilities [n, C]


def load_members(decision: Decision, folder: Path) -> Iterator[Member]:
    """Yield the decision's members, each loaded when its turn comes: all at once might not fit into memory.

    `folder` holds the members' folders. Raises UserError where a fold model is missing.
    """
    for name in decision.members:
        yield load_member(folder / name, decision.classes, decision.n_folds)


def load_member(folder: Path, classes: LabelSet, n_folds: int) -> Member:
    """Load a member: a function of n cleaned texts that computes probabilities [n, C].

    It computes as `predict` and `fuse` do for the test rows.

    All of its `n_folds` fold models are loaded at once. Raises UserError where a fold model is missing.
    """
    recipe = read_recipe(folder / "recipe.json")
    kind = load_kind(recipe.kind)
    kind.set_up(recipe)
    device = usable_devices(kind.resources(recipe).gpu)[0]
    folders = [folder / fold_name(fold) for fold in range(n_folds)]
    for fold in folders:
        require_file(fold)
    shared = folder / "shared"
    read = kind.reader(shared, recipe)
    models = [kind.load(shared, fold, classes, recipe, device) for fold in folders]

    def probabilities(texts: Sequence[str]) -> FloatArray:
        features, rows = read(texts), np.arange(len(texts))
        logits = np.stack([model.logits(features, rows) for model in models])  # [F, n, C]
        return softmax(logits.mean(axis=0, dtype=np.float64))

    return probabilities
