"""Self-adjusting dice loss."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.errors import UserError
from pipeline.ranges import NotNegative, SomeOf


class DiceLoss(nn.Module):
    """1 − dice coefficient of each class, with easy rows damped (Li et al. 2020, arXiv:1911.02855).

    Each class is a binary problem: p the softmax probability of the class, t whether it is the label. A probability
    counts as (1 − p)^alpha · p, and the dice of a class is taken over the batch. Classes that do not occur in the
    batch are left out of the mean: they would only push probabilities down.

    Args:
        class_weights: [C], the weight of each class in the mean over classes.
        alpha: strength of the damping; 0 is plain dice.
        smooth: added above and below the line, so that a class with few rows has a gradient.
        squared_denominator: p² + t² below the line instead of p + t (Milletari et al. 2016).
        hardest_share: online hard example mining (Shrivastava et al. 2016, arXiv:1604.03540): only this share of the
            batch's rows counts, rounded up, those whose label has the lowest probability; of equals the first. 1: all.

    Raises UserError for a share outside (0, 1].
    """

    def __init__(
        self,
        class_weights: Tensor,
        *,
        alpha: NotNegative,
        smooth: NotNegative,
        squared_denominator: bool,
        hardest_share: SomeOf,
    ):
        super().__init__()
        if not 0 < hardest_share <= 1:
            raise UserError(f"loss dice: got hardest_share {hardest_share}, more than 0 and at most 1 is allowed")
        self.register_buffer("class_weights", class_weights)
        self.alpha, self.smooth, self.squared_denominator = alpha, smooth, squared_denominator
        self.hardest_share = hardest_share

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """logits [B, C], labels [B] → scalar."""
        p = torch.softmax(logits.float(), dim=-1)  # [B, C]
        t = functional.one_hot(labels, logits.shape[-1]).to(p.dtype)
        if self.hardest_share < 1:
            kept = hardest_rows(p.detach(), labels, self.hardest_share)
            p, t = p[kept], t[kept]
        p = (1 - p).clamp(min=1e-6) ** self.alpha * p
        overlap = (p * t).sum(dim=0)  # [C]
        total = (p.square() + t.square()).sum(dim=0) if self.squared_denominator else (p + t).sum(dim=0)
        dice = (2 * overlap + self.smooth) / (total + self.smooth)
        weights = self.class_weights * (t.sum(dim=0) > 0)  # type: ignore[operator]
        loss: Tensor = ((1 - dice) * weights).sum() / weights.sum()
        return loss


def hardest_rows(p: Tensor, labels: Tensor, share: float) -> Tensor:
    """Which rows have the lowest probability of their label: p [B, C], labels [B] → indices [⌈share · B⌉]."""
    of_label = p.gather(1, labels.unsqueeze(1)).squeeze(1)
    # Rounded first: 0.07 · 100 is a little above 7 in floating point, and would be 8 rows.
    n_kept = math.ceil(round(share * len(labels), 6))
    return of_label.argsort(stable=True)[: max(1, n_kept)]
