"""Smooth macro-F1 loss."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class MacroF1Loss(nn.Module):
    """1 − the mean F1 of the classes, from soft counts: a probability counts as that much of a row.

    Over the batch a class has soft true positives Σ p·t, false positives Σ p·(1 − t) and false negatives Σ (1 − p)·t,
    and F1 = 2 TP / (2 TP + FP + FN), which is a smooth function of the logits.

    Classes that do not occur in the batch are left out of the mean. Their TP, and with it their F1, is 0 whatever the
    logits are: they teach nothing, and would only scale the gradient by how many classes a batch happens to hold.

    Args:
        class_weights: [C], the weight of each class in the mean over classes.
    """

    def __init__(self, class_weights: Tensor):
        super().__init__()
        self.register_buffer("class_weights", class_weights)

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """logits [B, C], labels [B] → scalar."""
        p = torch.softmax(logits.float(), dim=-1)  # [B, C]
        t = functional.one_hot(labels, logits.shape[-1]).to(p.dtype)
        true_positives, rows = (p * t).sum(dim=0), t.sum(dim=0)  # [C]
        # 2 TP + FP + FN is Σ p + Σ t; for a class without rows it may underflow to 0.
        f1 = 2 * true_positives / (p.sum(dim=0) + rows).clamp(min=1e-12)
        weights = self.class_weights * (rows > 0)  # type: ignore[operator]
        loss: Tensor = ((1 - f1) * weights).sum() / weights.sum()
        return loss
