"""A weighted mean of the tokens, with weights that are learned."""

import torch
from torch import Tensor, nn

from pipeline.errors import UserError
from pipeline.ranges import AtLeastOne


class SelfAttentionPooler(nn.Module):
    """The mean of the tokens, each weighed by a small network that reads it alone.

    weights = softmax over the real tokens of v · tanh(W h): one hop of Lin et al. 2017, arXiv:1703.03130.

    Args:
        hidden_size: H.
        size: rows of W.

    Raises:
        UserError: for a `size` below 1.
    """

    def __init__(self, hidden_size: AtLeastOne, *, size: AtLeastOne):
        super().__init__()
        if size < 1:
            raise UserError(f"pooler self_attention: got size {size}, 1 or more is allowed")
        self.inner = nn.Linear(hidden_size, size)
        self.score = nn.Linear(size, 1, bias=False)

    def forward(self, hidden_states: Tensor, attention_mask: Tensor) -> Tensor:
        """hidden_states [B, T, H], attention_mask [B, T] → [B, H]."""
        scores = self.score(torch.tanh(self.inner(hidden_states))).float()  # [B, T, 1]
        weights = scores.masked_fill(attention_mask.unsqueeze(-1) == 0, float("-inf")).softmax(dim=1)
        pooled: Tensor = (weights.to(hidden_states.dtype) * hidden_states).sum(dim=1)
        return pooled
