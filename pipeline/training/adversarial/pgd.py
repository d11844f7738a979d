"""Several small steps along the gradient, inside a ball."""

from collections.abc import Callable, Sequence

import torch
from torch import nn

from pipeline.ranges import AtLeastOne, Names, Positive
from pipeline.training.adversarial.directions import project, restore, unit_gradients


def pgd(
    targets: Sequence[nn.Parameter],
    parameters: Sequence[nn.Parameter],
    backward: Callable[[], None],
    *,
    on: Names,
    epsilon: Positive,
    alpha: Positive,
    steps: AtLeastOne,
) -> None:
    """Projected gradient descent (Madry et al. 2018, arXiv:1706.06083): clean gradients plus those of the last step.

    Each of `steps` steps has length `alpha`; after each, the sum of a target's steps is brought back into the ball of
    radius `epsilon` around where it started.
    """
    clean = [target.detach().clone() for target in targets]
    clean_gradients = [parameter.grad for parameter in parameters]
    for step in range(1, steps + 1):
        with torch.no_grad():
            directions = unit_gradients([target.grad for target in targets])
            for target, start, direction in zip(targets, clean, directions, strict=True):
                target.copy_(start + project(target - start + alpha * direction, epsilon))
        for parameter, gradient in zip(parameters, clean_gradients, strict=True):
            # The last step adds to the clean gradients, the others' are only the next direction.
            parameter.grad = gradient if step == steps else None
        backward()
    restore(targets, clean)
