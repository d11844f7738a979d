"""A finished member: the mean of its fold models."""

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.artifacts.paths import MEMBERS, fold_name
from pipeline.artifacts.require import require_file
from pipeline.data.labels import LabelSet
from pipeline.fusion import softmax
from pipeline.members.kind import load_kind
from pipeline.members.recipe import read_recipe
from pipeline.metrics.arrays import FloatArray
from pipeline.runtime.devices import usable_devices


def load_member(name: str, classes: LabelSet, n_folds: int) -> Callable[[Sequence[str]], FloatArray]:
    """What makes a member's probabilities [n, C] of n cleaned texts, as `predict` and `fuse` do for the test rows.

    All of its `n_folds` fold models are loaded at once. Raises UserError where a fold model is missing.
    """
    recipe = read_recipe(MEMBERS / name / "recipe.json")
    kind = load_kind(recipe.kind)
    kind.set_up(recipe)
    device = usable_devices(kind.resources(recipe).gpu)[0]
    folders = [MEMBERS / name / fold_name(fold) for fold in range(n_folds)]
    for folder in folders:
        require_file(folder)
    shared = MEMBERS / name / "shared"
    read = kind.reader(shared, recipe)
    models = [kind.load(shared, folder, classes, recipe, device) for folder in folders]

    def probabilities(texts: Sequence[str]) -> FloatArray:
        features, rows = read(texts), np.arange(len(texts))
        logits = np.stack([model.logits(features, rows) for model in models])  # [F, n, C]
        return softmax(logits.mean(axis=0, dtype=np.float64))

    return probabilities
