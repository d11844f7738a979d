"""All layers, weighed for each text by what is in them, beside the last one."""

import torch
from torch import Tensor, nn

from pipeline.models.bidirectional import Bidirectional
from pipeline.models.layers.check import check_layers
from pipeline.ranges import AtLeastOne


class HIRE(nn.Module):
    """Hidden representation extractor, after Yang and Zhao 2019 (arXiv:1911.01940).

    One bidirectional GRU reads each layer's states; a linear layer scores what it ends with, and the softmax of the
    scores over the layers weighs their sum A. With the last layer's states R the result is [R ; A ; R∘A]. The
    embeddings below the first layer are no part of it.

    Args:
        hidden_size: H.
        n_layers: layers of the encoder.
        size: units of the GRU in each direction.

    Raises:
        UserError: for a `size` below 1, and where the encoder has no layers.
    """

    all_layers = True
    mixes_tokens = True

    def __init__(self, hidden_size: int, n_layers: int, *, size: AtLeastOne):
        super().__init__()
        check_layers("hire", n_layers)
        self.output_size, self.n_layers = 3 * hidden_size, n_layers
        self.reader = Bidirectional(nn.GRU, hidden_size, size)
        self.score = nn.Linear(2 * size, 1)

    def forward(self, hidden_states: tuple[Tensor, ...], attention_mask: Tensor) -> Tensor:
        """Hidden states, each [B, T, H], attention_mask [B, T] → [B, T, 3 x H]."""
        layers = torch.stack(hidden_states[-self.n_layers :])  # [L, B, T, H]
        read = self.reader.summary(layers.flatten(0, 1), attention_mask.repeat(self.n_layers, 1))
        weights = self.score(read).view(self.n_layers, -1, 1, 1).softmax(dim=0)  # [L, B, 1, 1]
        mixed = (weights * layers).sum(dim=0)
        return torch.cat([layers[-1], mixed, layers[-1] * mixed], dim=-1)
