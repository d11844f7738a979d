"""A running average of a model's weights."""

from collections.abc import Callable
from dataclasses import dataclass

from torch.optim.swa_utils import AveragedModel


@dataclass(frozen=True)
class Average:
    """The average and its rule.

    Attributes:
        model: holds the average; `n_averaged` says of how many steps, 0 before the first.
        joins: whether the weights after an update, counted from 1, join.
    """

    model: AveragedModel
    joins: Callable[[int], bool]
