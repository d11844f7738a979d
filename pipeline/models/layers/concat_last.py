"""The last layers, side by side."""

import torch
from torch import Tensor, nn

from pipeline.models.layers.check import check_n
from pipeline.ranges import AtLeastOne


class ConcatLast(nn.Module):
    """The hidden states of the last `n` layers, concatenated (Devlin et al. 2019, section 5.3).

    Raises:
        UserError: for an `n` that the encoder has no layers for.
    """

    all_layers = True
    mixes_tokens = False

    def __init__(self, hidden_size: int, n_layers: int, *, n: AtLeastOne):
        super().__init__()
        check_n("concat_last", n, n_layers)
        self.output_size, self.n_layers, self.n = n * hidden_size, n_layers, n

    def forward(self, hidden_states: tuple[Tensor, ...], attention_mask: Tensor) -> Tensor:
        """Hidden states, each [B, T, H] → [B, T, n x H], the last layer last."""
        return torch.cat(hidden_states[-self.n :], dim=-1)
