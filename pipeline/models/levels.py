"""The first level of the labels: a head of its own, and what it says of the classes."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


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
        """pooled [B, H] → parent logits [B, P]."""
        logits: Tensor = self.head(pooled)
        return logits

    def predict(self, logits: Tensor, level_logits: Tensor) -> Tensor:
        """The class logits [B, C] that stand for a prediction. In training they are the class head's own."""
        if self.training or self.prediction == "flat":
            return logits
        return under_parents(logits, level_logits, self.parent_ids)


def under_parents(logits: Tensor, level_logits: Tensor, parent_ids: Tensor) -> Tensor:
    """log p(parent) + log p(class among its parent's classes), in fp32: [B, C], [B, P], [C] → [B, C].

    They are log-probabilities: those of a parent's classes sum to the parent's own.
    """
    logits, level_logits = logits.float(), level_logits.float()
    n_parents = level_logits.shape[1]
    stranger = torch.arange(n_parents, device=parent_ids.device)[:, None] != parent_ids  # [P, C]
    siblings = logits[:, None, :].masked_fill(stranger, float("-inf")).logsumexp(dim=-1)  # [B, P]
    parents = level_logits.log_softmax(dim=-1) - siblings
    return logits + parents[:, parent_ids]
