"""The settings of a classifier's training: a member's recipe with its pieces loaded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from pipeline.training.averaging import Average
from pipeline.training.objective import Objective

Attack = Callable[[Sequence[nn.Parameter], Sequence[nn.Parameter], Callable[[], object]], None]
Sampler = Callable[[NDArray[np.integer], NDArray[np.integer], np.random.Generator], NDArray[np.integer]]


@dataclass(frozen=True)
class Adversarial:
    """An attack, and the names of the parameters that it changes (`find_targets`)."""

    attack: Attack
    on: Sequence[str]


@dataclass(frozen=True)
class KeepBest:
    """The metric by which the best weights are kept, and how many worse evaluations end training (None: never)."""

    metric: str
    patience: int | None


@dataclass(frozen=True)
class TrainingSettings:
    """The settings of a classifier's training; the names are those of params.yaml, where each is explained.

    Attributes:
        averaging: `(model, total_steps)` → an average of the weights; None: no average.
        course: learning rates after the warm-up, see `warm_up`.
        keep_best: None keeps the last weights.
    """

    objective: Objective
    adversarial: Adversarial | None
    averaging: Callable[[nn.Module, int], Average] | None
    sampler: Sampler
    course: Callable[[float], float]
    epochs: int
    batch_size: int
    accumulate: int
    learning_rate: Mapping[str, float]
    layer_decay: float
    unfreeze_every: int | None
    warmup_ratio: float
    weight_decay: float
    clip: float
    evaluate_every: int | None
    keep_best: KeepBest | None
