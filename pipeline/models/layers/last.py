"""The last layer."""

from torch import Tensor, nn


class LastLayer(nn.Module):
    """The hidden states of the last layer, as most classifiers read them (Devlin et al. 2019)."""

    all_layers = False
    mixes_tokens = False

    def __init__(self, hidden_size: int, n_layers: int):
        super().__init__()
        self.output_size, self.n_layers = hidden_size, n_layers

    def forward(self, hidden_states: tuple[Tensor, ...], attention_mask: Tensor) -> Tensor:
        """Hidden states, each [B, T, H] → those of the last layer."""
        return hidden_states[-1]
