"""Averages of a model's weights along training.

`(model, total_steps, *, ...)` → `Average`: a copy of the model that holds the average, and whether a step joins it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from pipeline.ranges import AtLeastOne, BelowOne


@dataclass(frozen=True)
class Average:
    """The average and its rule.

    Attributes:
        model: holds the average; `n_averaged` says of how many steps, 0 before the first.
        joins: whether the weights after an update, counted from 1, join.
    """

    model: AveragedModel
    joins: Callable[[int], bool]


def swa(model: nn.Module, total_steps: int, *, start: BelowOne, every: AtLeastOne) -> Average:
    """Stochastic weight averaging (Izmailov et al. 2018, arXiv:1803.05407).

    Args:
        model: whose weights are averaged.
        total_steps: updates of the whole training.
        start: share of training after which weights join.
        every: updates between two that join.
    """
    first = min(total_steps, round(total_steps * start) + 1)
    return Average(AveragedModel(model), lambda step: step >= first and (step - first) % every == 0)


Tensors = tuple[Tensor, ...] | list[Tensor]


def ema(model: nn.Module, total_steps: int, *, decay: BelowOne) -> Average:
    """The average keeps `decay` of itself at each update, the rest is the weights' (Polyak and Juditsky 1992).

    In the n-th update it keeps at most (1 + n) / (10 + n), so that a short training does not end near the weights that
    it began with.
    """

    def move(averages: Tensors, weights: Tensors, n_averaged: Tensor | int) -> None:
        n = int(n_averaged)
        torch._foreach_lerp_(averages, weights, 1 - min(decay, (1 + n) / (10 + n)))

    return Average(AveragedModel(model, multi_avg_fn=move), lambda step: True)
