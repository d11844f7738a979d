"""The maximum over the real tokens."""

from torch import Tensor, nn


class MaxPooler(nn.Module):
    """For each dimension, the largest value among the real tokens."""

    def __init__(self, hidden_size: int):
        super().__init__()

    def forward(self, hidden_states: Tensor, attention_mask: Tensor) -> Tensor:
        """hidden_states [B, T, H], attention_mask [B, T] → [B, H]."""
        padding = attention_mask.unsqueeze(-1) == 0
        return hidden_states.masked_fill(padding, float("-inf")).amax(dim=1)
