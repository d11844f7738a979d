"""The plain mean of the weights over the end of training."""

from torch import nn
from torch.optim.swa_utils import AveragedModel

from pipeline.ranges import AtLeastOne, BelowOne
from pipeline.training.averaging.average import Average


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
