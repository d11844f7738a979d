"""The classifier's last layers: logits of the classes, and of their parents where labels have levels."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class ClassificationHead(nn.Module):
    """A linear layer under multi-sample dropout (Inoue 2019, arXiv:1905.09788).

    In training the same vector passes through `samples` dropout masks and the logits are averaged or summed; in
    evaluation dropout does nothing, and the sum is kept as a factor, so that the scale of the logits is the same.
    """

    def __init__(self, hidden_size: int, n_classes: int, *, samples: int, reduce: str, p: float):
        super().__init__()
        self.linear = nn.Linear(hidden_size, n_classes)
        self.dropout = nn.Dropout(p)
        self.samples = samples
        self.scale = float(samples) if reduce == "sum" else 1.0

    def forward(self, pooled: Tensor) -> Tensor:
        """Compute class logits: pooled [B, H] → logits [B, C]."""
        if not self.training:
            # In half precision, up to three rows in a thousand would have two classes of equal logits.
            with torch.autocast(pooled.device.type, enabled=False):
                logits: Tensor = self.linear(pooled.float())
        elif self.samples == 1 or self.dropout.p == 0:
            logits = self.linear(self.dropout(pooled))
        else:
            # The layer is linear, so the mean over masked inputs gives the mean over masked outputs.
            masked = torch.stack([self.dropout(pooled) for _ in range(self.samples)]).mean(dim=0)
            logits = self.linear(masked)
        return logits * self.scale


class LevelHead(nn.Module):
    """Logits of the classes' parents from the pooled vector; in prediction the classes may follow them.

    Args:
        head: gives parent logits [B, P] of the pooled vector.
        parent_ids: the parent of each class, [C]; every one of the P parents has a class.
        prediction: `flat`, the class logits are left as they are; `hierarchical`, see `under_parents`.
    """

    parent_ids: Tensor

    def __init__(self, head: nn.Module, parent_ids: Sequence[int], prediction: str):
        super().__init__()
        self.head, self.prediction = head, prediction
        self.register_buffer("parent_ids", torch.tensor(parent_ids), persistent=False)

    def forward(self, pooled: Tensor) -> Tensor:
        """Compute parent logits: pooled [B, H] → [B, P]."""
        logits: Tensor = self.head(pooled)
        return logits

    def predict(self, logits: Tensor, level_logits: Tensor) -> Tensor:
        """Return the class logits [B, C] that stand for a prediction. In training they are the class head's own."""
        if self.training or self.prediction == "flat":
            return logits
        return under_parents(logits, level_logits, self.parent_ids)


def under_parents(logits: Tensor, level_logits: Tensor, parent_ids: Tensor) -> Tensor:
    """Return log p(parent) + log p(class among its parent's classes), in fp32: [B, C], [B, P], [C] → [B, C].

    The results are log-probabilities: the probabilities of a parent's classes sum to the parent's own.
    """
    logits, level_logits = logits.float(), level_logits.float()
    n_parents = level_logits.shape[1]
    stranger = torch.arange(n_parents, device=parent_ids.device)[:, None] != parent_ids  # [P, C]
    siblings = logits[:, None, :].masked_fill(stranger, float("-inf")).logsumexp(dim=-1)  # [B, P]
    parents = level_logits.log_softmax(dim=-1) - siblings
    return logits + parents[:, parent_ids]
