"""An exponential moving average of the weights."""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from pipeline.ranges import BelowOne
from pipeline.training.averaging.average import Average

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
