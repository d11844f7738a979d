"""Steps along gradients, and the ball that they stay in."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def unit_gradients(gradients: Sequence[Tensor | None]) -> list[Tensor]:
    """Each gradient scaled to length 1; zeros where it is zero, or no number (an overflow in fp16).

    Raises ValueError for a missing one.
    """
    return [_unit(gradient) for gradient in gradients]


def project(offset: Tensor, epsilon: float) -> Tensor:
    """The offset, shortened to length `epsilon` where it is longer."""
    shortened: Tensor = offset * (epsilon / offset.norm().clamp(min=1e-12)).clamp(max=1.0)
    return shortened


@torch.no_grad()
def restore(targets: Sequence[nn.Parameter], values: Sequence[Tensor]) -> None:
    """Put values back, to the bit."""
    for target, value in zip(targets, values, strict=True):
        target.copy_(value)


def _unit(gradient: Tensor | None) -> Tensor:
    if gradient is None:
        raise ValueError("an attack is called before there are gradients")
    norm = gradient.norm()
    usable = torch.isfinite(norm) & (norm > 0)
    return torch.where(usable, gradient / norm, torch.zeros_like(gradient))
