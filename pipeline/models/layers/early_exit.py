"""An encoder cut off above one of its layers."""

from torch import Tensor, nn

from pipeline.models.layers.check import check_n
from pipeline.ranges import AtLeastOne


class EarlyExit(nn.Module):
    """The hidden states of layer `n`, counted from 1; the layers above it are not even loaded.

    The topmost layers are those that pre-training has bent furthest to its own task.

    Raises:
        UserError: for an `n` that the encoder has no layer for.
    """

    all_layers = False
    mixes_tokens = False

    def __init__(self, hidden_size: int, n_layers: int, *, n: AtLeastOne):
        super().__init__()
        check_n("early_exit", n, n_layers)
        self.output_size, self.n_layers = hidden_size, n

    def forward(self, hidden_states: tuple[Tensor, ...], attention_mask: Tensor) -> Tensor:
        """Hidden states, each [B, T, H] → those of the last layer that is there."""
        return hidden_states[-1]
