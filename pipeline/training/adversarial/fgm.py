"""One step along the gradient."""

from collections.abc import Callable, Sequence

import torch
from torch import nn

from pipeline.ranges import Names, Positive
from pipeline.training.adversarial.directions import restore, unit_gradients


def fgm(
    targets: Sequence[nn.Parameter],
    parameters: Sequence[nn.Parameter],
    backward: Callable[[], None],
    *,
    on: Names,
    epsilon: Positive,
) -> None:
    """Fast gradient method (Miyato et al. 2017, arXiv:1605.07725): clean gradients plus those of the attacked batch.

    Each target moves by a step of length `epsilon` along its own gradient.
    """
    clean = [target.detach().clone() for target in targets]
    with torch.no_grad():
        for target, direction in zip(targets, unit_gradients([target.grad for target in targets]), strict=True):
            target.add_(direction, alpha=epsilon)
    backward()
    restore(targets, clean)
