"""The mean over the real tokens."""

from torch import Tensor, nn


class MeanPooler(nn.Module):
    """The mean of the hidden states of the real tokens; padding counts neither above nor below the line."""

    def __init__(self, hidden_size: int):
        super().__init__()

    def forward(self, hidden_states: Tensor, attention_mask: Tensor) -> Tensor:
        """hidden_states [B, T, H], attention_mask [B, T] → [B, H]."""
        mask = attention_mask.unsqueeze(-1).to(hidden_states.dtype)  # [B, T, 1]
        return (hidden_states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
