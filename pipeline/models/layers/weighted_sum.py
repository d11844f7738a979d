"""A learned mix of all layers."""

import torch
from torch import Tensor, nn

from pipeline.models.layers.check import check_layers


class WeightedSum(nn.Module):
    """The mean of all layers under learned weights, a softmax of one number a layer (Peters et al. 2018, section 3.2).

    The embeddings below the first layer are no part of it. All weights are equal at first.

    Raises:
        UserError: where the encoder has no layers.
    """

    all_layers = True
    mixes_tokens = False

    def __init__(self, hidden_size: int, n_layers: int):
        super().__init__()
        check_layers("weighted_sum", n_layers)
        self.output_size, self.n_layers = hidden_size, n_layers
        self.scores = nn.Parameter(torch.zeros(n_layers))

    def forward(self, hidden_states: tuple[Tensor, ...], attention_mask: Tensor) -> Tensor:
        """Hidden states, each [B, T, H] → [B, T, H]."""
        weights = self.scores.softmax(dim=0)
        layers = hidden_states[-self.n_layers :]
        mixed = weights[0] * layers[0]
        for weight, states in zip(weights[1:], layers[1:], strict=True):
            mixed = mixed + weight * states
        return mixed
