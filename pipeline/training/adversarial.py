"""Training against small changes of chosen weights that raise the loss.

An attack is `(targets, parameters, backward, *, on, ...)`: it changes `targets`, some of the trained `parameters`, and
is called when the gradients of the clean batch are there. `backward` computes the loss of the same batch under the
weights as they are and adds its gradients to those that are there. When the attack returns, the gradients are those to
step on, and every weight is what it was, to the bit.

Which targets: `on` lists `embeddings` (the word embeddings), `first_layer`, or parts of parameter names.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.errors import UserError
from pipeline.ranges import AtLeastOne, Names, Positive
from pipeline.training.depth import layer_number


def fgm(
    targets: Sequence[nn.Parameter],
    parameters: Sequence[nn.Parameter],
    backward: Callable[[], None],
    *,
    on: Names,
    epsilon: Positive,
) -> None:
    """Apply the fast gradient method (Miyato et al. 2017, arXiv:1605.07725).

    The gradients are those of the clean batch plus those of the attacked batch.

    Each target moves by a step of length `epsilon` along its own gradient.
    """
    clean = [target.detach().clone() for target in targets]
    with torch.no_grad():
        for target, direction in zip(targets, unit_gradients([target.grad for target in targets]), strict=True):
            target.add_(direction, alpha=epsilon)
    backward()
    restore(targets, clean)


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
    """Apply projected gradient descent (Madry et al. 2018, arXiv:1706.06083).

    The gradients are those of the clean batch plus those of the last step.

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
    """Apply free large-batch training (Zhu et al. 2020, arXiv:1909.11764): average the gradients of `steps` batches.

    The first batch is the clean one; before each other batch the targets move by a step of length `alpha` along their
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


def find_targets(model: Any, on: Sequence[str]) -> list[nn.Parameter]:
    """Find the parameters of a classifier that `on` names, each once, in the model's order.

    `embeddings` is the encoder's word embeddings, `first_layer` the weights of its first layer; anything else is part
    of a parameter's name. Raises UserError for a name that finds none, and for a frozen parameter.
    """
    named = dict(model.named_parameters())
    found: set[str] = set()
    for wanted in on:
        matching = {name for name, parameter in named.items() if _is_target(model, wanted, name, parameter)}
        if not matching:
            raise UserError(
                f"adversarial.on: got {wanted!r}, which is in no parameter's name; embeddings, first_layer, or part of "
                f"a name is allowed, as in {_example(named)!r}"
            )
        found |= matching
    frozen = [name for name in named if name in found and not named[name].requires_grad]
    if frozen:
        raise UserError(f"adversarial.on: {frozen[0]} is frozen, so no attack on it has a gradient")
    return [parameter for name, parameter in named.items() if name in found]


def _is_target(model: Any, wanted: str, name: str, parameter: nn.Parameter) -> bool:
    if wanted == "embeddings":
        return parameter is model.encoder.get_input_embeddings().weight
    if wanted == "first_layer":
        return name.startswith("encoder.") and layer_number(name) == 0
    return wanted in name


def _example(named: dict[str, nn.Parameter]) -> str:
    return next(iter(named))


def unit_gradients(gradients: Sequence[Tensor | None]) -> list[Tensor]:
    """Scale each gradient to length 1; zeros where it is zero, or no number (an overflow in fp16).

    Raises ValueError for a missing gradient.
    """
    return [_unit(gradient) for gradient in gradients]


def project(offset: Tensor, epsilon: float) -> Tensor:
    """Shorten the offset to length `epsilon` where it is longer."""
    shortened: Tensor = offset * (epsilon / offset.norm().clamp(min=1e-12)).clamp(max=1.0)
    return shortened


@torch.no_grad()
def restore(targets: Sequence[nn.Parameter], values: Sequence[Tensor]) -> None:
    """Put the kept values back into the targets, to the bit."""
    for target, value in zip(targets, values, strict=True):
        target.copy_(value)


def _unit(gradient: Tensor | None) -> Tensor:
    if gradient is None:
        raise ValueError("an attack is called before there are gradients")
    norm = gradient.norm()
    usable = torch.isfinite(norm) & (norm > 0)
    return torch.where(usable, gradient / norm, torch.zeros_like(gradient))
