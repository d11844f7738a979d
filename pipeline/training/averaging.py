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
    """An average of a model's weights, and the rule by which updates join it.

    Attributes:
        model: holds the average; `n_averaged` says of how many steps, 0 before the first.
        joins: whether the weights after an update, counted from 1, join the average.
    """

    model: AveragedModel
    joins: Callable[[int], bool]


def swa(model: nn.Module, total_steps: int, *, start: BelowOne, every: AtLeastOne) -> Average:
    """Average weights from late in training (stochastic weight averaging, Izmailov et al. 2018, arXiv:1803.05407).

    Args:
        model: the model whose weights are averaged.
        total_steps: updates of the whole training.
        start: share of training after which weights join.
        every: updates between two that join.
    """
    first = min(total_steps, round(total_steps * start) + 1)
    return Average(AveragedModel(model), lambda step: step >= first and (step - first) % every == 0)


Tensors = tuple[Tensor, ...] | list[Tensor]


def ema(model: nn.Module, total_steps: int, *, decay: BelowOne) -> Average:
    """Average weights exponentially: each update keeps `decay` of the average (Polyak and Juditsky 1992).

    The n-th update keeps at most (1 + n) / (10 + n), and the rest is the model's weights: a short training then does
    not end near the weights that it began with.
    """

    def move(averages: Tensors, weights: Tensors, n_averaged: Tensor | int) -> None:
        n = int(n_averaged)
        torch._foreach_lerp_(averages, weights, 1 - min(decay, (1 + n) / (10 + n)))

    return Average(AveragedModel(model, multi_avg_fn=move), lambda step: True)
