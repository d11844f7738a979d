"""Focal loss."""

from torch import Tensor, nn
from torch.nn import functional

from pipeline.ranges import NotNegative


class FocalLoss(nn.Module):
    """−(1 − p)^gamma · log p of the right class: rows already learnt count less (Lin et al. 2017, arXiv:1708.02002).

    Args:
        class_weights: [C], a factor for each row by its class; the mean is over rows, weighted by it.
        gamma: 0 is cross-entropy; 0.3 to 2 are in use.
    """

    def __init__(self, class_weights: Tensor, *, gamma: NotNegative):
        super().__init__()
        self.register_buffer("class_weights", class_weights)
        self.gamma = gamma

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """logits [B, C], labels [B] → scalar."""
        log_p = functional.log_softmax(logits, dim=-1).gather(1, labels.unsqueeze(1)).squeeze(1)  # [B]
        weights: Tensor = self.class_weights[labels]  # type: ignore[index,assignment]
        # clamp: at p = 1 the derivative of (1 − p)^gamma is infinite for gamma below 1
        hardness = (1 - log_p.exp()).clamp(min=1e-6) ** self.gamma
        return -(weights * hardness * log_p).sum() / weights.sum()

    def weight(self, labels: Tensor) -> Tensor:
        """What the mean divides by, the rows' weights summed: labels [B] → scalar.

        With it the parts of a batch add up to the loss of the whole: Σ weight · loss over the parts / Σ weight.
        """
        weights: Tensor = self.class_weights[labels]  # type: ignore[index,assignment]
        return weights.sum()
