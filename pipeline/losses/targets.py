"""Targets in either form: each row's class id, [B], or the probabilities of its classes, [B, C]."""

from torch import Tensor
from torch.nn import functional


def probabilities(targets: Tensor, like: Tensor) -> Tensor:
    """Return targets as probabilities [B, C] of the type and width of `like` [B, C]; an id becomes 1 for its class."""
    return (functional.one_hot(targets, like.shape[-1]) if targets.dim() == 1 else targets).to(like.dtype)


def likeliest(targets: Tensor) -> Tensor:
    """Return the class of each row, [B]: of probabilities the likeliest, of equals the first."""
    return targets if targets.dim() == 1 else targets.argmax(dim=-1)


def expected(values: Tensor, targets: Tensor) -> Tensor:
    """Compute Σ_c t_c · values_c of each row: values [C] → [B]. Of an id it is the class's own value, bit for bit."""
    return values[targets] if targets.dim() == 1 else (targets * values).sum(dim=-1)


def of_parents(targets: Tensor, parent_ids: Tensor, n_parents: int) -> Tensor:
    """Turn targets into those of the parents, by parent_ids [C]: ids [B], or the sums of their classes, [B, P]."""
    if targets.dim() == 1:
        return parent_ids[targets]
    return targets @ functional.one_hot(parent_ids, n_parents).to(targets.dtype)
