"""Losses of each row alone, which see no other row, no weight and no mean (`pipeline.training.objective` does)."""

from torch import Tensor, nn
from torch.nn import functional

from pipeline.ranges import BelowOne, NotNegative


class RowLoss(nn.Module):
    """The base of a row's loss: logits [B, C] and targets, ids [B] or probabilities [B, C] → the loss of each row, [B].

    The constructor takes only the loss's own arguments, keyword-only. The parts of a batch add up to the whole.
    """


class CrossEntropyLoss(RowLoss):
    """Cross-entropy, −Σ_c t_c · log p_c.

    Args:
        label_smoothing: share of the target that is spread evenly over all classes (Szegedy et al. 2016).
    """

    def __init__(self, *, label_smoothing: BelowOne):
        super().__init__()
        self.label_smoothing = label_smoothing

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Compute the loss of each row: logits [B, C], targets [B] or [B, C] → [B]."""
        # PyTorch's own `weight` would give the smoothed part the weights of all classes: under balanced weights of a
        # long tail their mean is far above 1, which would multiply the smoothing.
        return functional.cross_entropy(logits, targets, reduction="none", label_smoothing=self.label_smoothing)


class FocalLoss(RowLoss):
    """Focal loss, −Σ_c t_c · (1 − p_c)^gamma · log p_c: rows already learnt count less.

    Lin et al. 2017, arXiv:1708.02002.

    Args:
        gamma: 0 is cross-entropy; 0.3 to 2 are in use.
    """

    def __init__(self, *, gamma: NotNegative):
        super().__init__()
        self.gamma = gamma

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Compute the loss of each row: logits [B, C], targets [B] or [B, C] → [B]."""
        log_p = functional.log_softmax(logits, dim=-1)
        if targets.dim() == 1:
            return self._of_classes(log_p.gather(1, targets.unsqueeze(1)).squeeze(1))
        return (targets * self._of_classes(log_p)).sum(dim=-1)

    def _of_classes(self, log_p: Tensor) -> Tensor:
        # clamp: at p = 1 the derivative of (1 − p)^gamma is infinite for gamma below 1
        return -((1 - log_p.exp()).clamp(min=1e-6) ** self.gamma) * log_p
