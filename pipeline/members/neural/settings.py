"""The settings of a training, made from a neural member's recipe."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline import registry
from pipeline.data.labels import LabelSet
from pipeline.training.objective import ContrastiveTerm, LevelTerm, Objective
from pipeline.training.settings import Adversarial, KeepBest, TrainingSettings

if TYPE_CHECKING:
    from pipeline.members.neural.recipe import Recipe


def training_settings(
    recipe: "Recipe", counts: NDArray[np.floating], classes: LabelSet, device: str
) -> TrainingSettings:
    """Return a recipe's settings, the losses on the device; `counts` [C] are the classes' training rows."""
    adversarial, early_stop = recipe.adversarial, recipe.early_stop
    return TrainingSettings(
        objective=_objective(recipe, counts, classes, device),
        adversarial=adversarial and Adversarial(_loaded("adversarial", adversarial), adversarial["on"]),
        averaging=recipe.averaging and _loaded("averaging", recipe.averaging),
        sampler=_loaded("samplers", recipe.sampler),
        course=_loaded("schedules", recipe.schedule),
        keep_best=None if early_stop.on == "never" else KeepBest(early_stop.metric, early_stop.patience),
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        accumulate=recipe.accumulate,
        learning_rate=recipe.learning_rate.model_dump(),
        layer_decay=recipe.layer_decay,
        unfreeze_every=recipe.unfreeze_every,
        warmup_ratio=recipe.warmup_ratio,
        weight_decay=recipe.weight_decay,
        clip=recipe.clip,
        evaluate_every=recipe.evaluate_every,
    )


def _objective(recipe: "Recipe", counts: NDArray[np.floating], classes: LabelSet, device: str) -> Objective:
    weights = torch.tensor(registry.make("imbalance", recipe.class_weights, counts), dtype=torch.float32)
    contrastive, levels = recipe.contrastive, recipe.levels
    return Objective(
        registry.make("losses", recipe.loss).to(device),
        weights.to(device),
        contrastive=None
        if contrastive is None
        else ContrastiveTerm(
            registry.make("contrastive", contrastive.loss).to(device),
            contrastive.weight,
            with_classes=contrastive.on == "samples_and_classes",
        ),
        levels=None if levels is None else LevelTerm(levels.weight, torch.tensor(classes.parent_ids, device=device)),
        r_drop=recipe.r_drop,
        flooding=recipe.flooding,
    )


def _loaded(family: str, piece: Mapping[str, Any]) -> Any:
    """Return the function that a piece names, with the piece's arguments bound."""
    return partial(registry.load(family, piece["name"]), **{key: piece[key] for key in piece if key != "name"})
