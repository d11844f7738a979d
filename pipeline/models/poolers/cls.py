"""The hidden state of the first token."""

from torch import Tensor, nn


class CLSPooler(nn.Module):
    """The hidden state of `[CLS]`, which attention has made a summary of the text (Devlin et al. 2019)."""

    def __init__(self, hidden_size: int):
        super().__init__()

    def forward(self, hidden_states: Tensor, attention_mask: Tensor) -> Tensor:
        """hidden_states [B, T, H], or [B, 1, H] of the first token, attention_mask [B, T] → [B, H]."""
        return hidden_states[:, 0]
