"""Cross-entropy with label smoothing and class weights."""

from torch import Tensor, nn
from torch.nn import functional

from pipeline.ranges import BelowOne


class CrossEntropyLoss(nn.Module):
    """−log p(label), averaged over the batch.

    Args:
        class_weights: [C], a factor for each row by its class; the mean is over rows, weighted by it.
        label_smoothing: share of the target that is spread evenly over all classes (Szegedy et al. 2016).
    """

    def __init__(self, class_weights: Tensor, *, label_smoothing: BelowOne):
        super().__init__()
        self.register_buffer("class_weights", class_weights)
        self.label_smoothing = label_smoothing

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """logits [B, C], labels [B] → scalar."""
        # PyTorch's own `weight` gives the smoothed part the weights of all classes: under balanced weights of a long
        # tail their mean is far above 1, which would multiply the smoothing.
        smoothing = self.label_smoothing
        losses = functional.cross_entropy(logits, labels, reduction="none", label_smoothing=smoothing)
        weights: Tensor = self.class_weights[labels]  # type: ignore[index,assignment]
        return (weights * losses).sum() / weights.sum()

    def weight(self, labels: Tensor) -> Tensor:
        """What the mean divides by, the rows' weights summed: labels [B] → scalar.

        With it the parts of a batch add up to the loss of the whole: Σ weight · loss over the parts / Σ weight.
        """
        weights: Tensor = self.class_weights[labels]  # type: ignore[index,assignment]
        return weights.sum()
