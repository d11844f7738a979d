"""Losses of a batch as a whole: means over classes, for which the losses of a batch's parts do not add up."""

import math

import torch
from torch import Tensor, nn

from pipeline.errors import UserError
from pipeline.losses.targets import probabilities
from pipeline.ranges import NotNegative, SomeOf

TINY = 1e-12  # below the line: what is divided by may be 0, as in a batch whose rows weigh nothing


class BatchLoss(nn.Module):
    """The base of a batch's loss, from logits [B, C], targets, ids [B] or probabilities [B, C], and weights → a scalar.

    Class weights [C] weigh the mean over classes; row weights [B] say how often each row counts. The constructor takes
    only the loss's own arguments, keyword-only.
    """


class DiceLoss(BatchLoss):
    """1 − dice coefficient of each class, with easy rows damped (Li et al. 2020, arXiv:1911.02855).

    Each class is a binary problem: p the softmax probability of the class, t its probability in the target. A
    probability p counts as (1 − p)^alpha · p, and the dice of a class is taken over the batch. Classes that do not
    occur in the batch are left out of the mean: they would only push probabilities down.

    Args:
        alpha: strength of the damping; 0 is plain dice.
        smooth: added above and below the line, so that a class with few rows has a gradient.
        squared_denominator: p² + t² below the line instead of p + t (Milletari et al. 2016).
        hardest_share: online hard example mining (Shrivastava et al. 2016, arXiv:1604.03540): only this share of the
            batch's rows counts, see `hardest_rows`. 1: all.

    Raises UserError for a share outside (0, 1].
    """

    def __init__(self, *, alpha: NotNegative, smooth: NotNegative, squared_denominator: bool, hardest_share: SomeOf):
        super().__init__()
        if not 0 < hardest_share <= 1:
            raise UserError(f"loss dice: got hardest_share {hardest_share}, more than 0 and at most 1 is allowed")
        self.alpha, self.smooth, self.squared_denominator = alpha, smooth, squared_denominator
        self.hardest_share = hardest_share

    def forward(self, logits: Tensor, targets: Tensor, class_weights: Tensor, row_weights: Tensor) -> Tensor:
        """Compute the loss: logits [B, C], targets [B] or [B, C], class_weights [C], row_weights [B] → scalar."""
        p = torch.softmax(logits.float(), dim=-1)  # [B, C]
        t, w = probabilities(targets, p), row_weights.unsqueeze(1)
        if self.hardest_share < 1:
            kept = hardest_rows(p.detach(), t, row_weights, self.hardest_share)
            p, t, w = p[kept], t[kept], w[kept]
        p = (1 - p).clamp(min=1e-6) ** self.alpha * p
        overlap = (w * p * t).sum(dim=0)  # [C]
        total = (w * (p.square() + t.square() if self.squared_denominator else p + t)).sum(dim=0)
        dice = (2 * overlap + self.smooth) / (total + self.smooth).clamp(min=TINY)
        return _mean_of_those_that_occur(1 - dice, (w * t).sum(dim=0), class_weights)


def hardest_rows(p: Tensor, t: Tensor, row_weights: Tensor, share: float) -> Tensor:
    """Find the rows that answer their target the worst, by Σ_c t_c · p_c: p, t [B, C], row_weights [B] → indices.

    Of the rows of any weight the given share is kept, rounded up; of equals the first.
    """
    answered = (t * p).sum(dim=-1)
    # Rounded first: 0.07 · 100 is a little above 7 in floating point, and would be 8 rows.
    n_kept = math.ceil(round(share * int((row_weights > 0).sum()), 6))
    return answered.where(row_weights > 0, math.inf).argsort(stable=True)[: max(1, n_kept)]


class MacroF1Loss(BatchLoss):
    """1 − the mean F1 of the classes, from soft counts: a probability counts as that much of a row.

    Over the batch a class has soft true positives Σ p·t, false positives Σ p·(1 − t) and false negatives Σ (1 − p)·t,
    and F1 = 2 TP / (2 TP + FP + FN), which is a smooth function of the logits.

    Classes that do not occur in the batch are left out of the mean. Their TP, and with it their F1, is 0 whatever the
    logits are: they teach nothing, and would only scale the gradient by how many classes a batch happens to hold.
    """

    def forward(self, logits: Tensor, targets: Tensor, class_weights: Tensor, row_weights: Tensor) -> Tensor:
        """Compute the loss: logits [B, C], targets [B] or [B, C], class_weights [C], row_weights [B] → scalar."""
        p = torch.softmax(logits.float(), dim=-1)  # [B, C]
        t, w = probabilities(targets, p), row_weights.unsqueeze(1)
        true_positives, rows = (w * p * t).sum(dim=0), (w * t).sum(dim=0)  # [C]
        # 2 TP + FP + FN is Σ p + Σ t; for a class without rows it may underflow to 0.
        f1 = 2 * true_positives / ((w * p).sum(dim=0) + rows).clamp(min=TINY)
        return _mean_of_those_that_occur(1 - f1, rows, class_weights)


def _mean_of_those_that_occur(values: Tensor, rows: Tensor, class_weights: Tensor) -> Tensor:
    """Average values [C], by weights [C], over the classes that have rows, or a part of one: rows [C]."""
    weights = class_weights * (rows > 0)
    return (values * weights).sum() / weights.sum().clamp(min=TINY)
