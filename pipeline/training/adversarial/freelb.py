"""Several steps along the gradient, of which every one trains."""

from collections.abc import Callable, Sequence

import torch
from torch import nn

from pipeline.ranges import AtLeastOne, Names, Positive
from pipeline.training.adversarial.directions import project, restore, unit_gradients


def freelb(
    targets: Sequence[nn.Parameter],
    parameters: Sequence[nn.Parameter],
    backward: Callable[[], None],
    *,
    on: Names,
    epsilon: Positive,
    alpha: Positive,
    steps: AtLeastOne,
) -> None:
    """Free large-batch training (Zhu et al. 2020, arXiv:1909.11764): the mean of the gradients of `steps` batches.

    The first is the clean one; before each of the others the targets move by a step of length `alpha` along their
    latest gradient, inside a ball of radius `epsilon`. The paper moves the embedded tokens; here the weights move.
    """
    clean = [target.detach().clone() for target in targets]
    latest = [target.grad for target in targets]
    for _ in range(steps - 1):
        with torch.no_grad():
            for target, start, direction in zip(targets, clean, unit_gradients(latest), strict=True):
                target.copy_(start + project(target - start + alpha * direction, epsilon))
        before = [_copy_of_gradient(target) for target in targets]
        backward()
        latest = [_copy_of_gradient(target) - sum_before for target, sum_before in zip(targets, before, strict=True)]
    restore(targets, clean)
    with torch.no_grad():
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.grad.div_(steps)


def _copy_of_gradient(target: nn.Parameter) -> torch.Tensor:
    if target.grad is None:
        raise ValueError("an attack is called before there are gradients")
    return target.grad.detach().clone()
