"""The ways to read the encoder's layers: the last, an earlier one, several side by side, or a mean over all.

A way is a module made with the encoder's hidden size and number of layers. It says `n_layers`, how many layers the
encoder has to compute; `all_layers`, whether it reads the hidden states of all of them or those of the last alone;
`mixes_tokens`, whether what it gives for a token depends on others; and `output_size`, the width of what it gives.
`forward` takes the hidden states that it reads, embeddings first, as a tuple of [B, T, H], and the attention mask
[B, T]; it gives [B, T, output_size]. Where the first token is all that is read, it takes and gives [B, 1, …], unless it
mixes tokens.
"""

import torch
from torch import Tensor, nn

from pipeline.errors import UserError
from pipeline.models.bidirectional import Bidirectional
from pipeline.ranges import AtLeastOne


class LastLayer(nn.Module):
    """The hidden states of the last layer, as most classifiers read them (Devlin et al. 2019)."""

    all_layers = False
    mixes_tokens = False

    def __init__(self, hidden_size: int, n_layers: int):
        super().__init__()
        self.output_size, self.n_layers = hidden_size, n_layers

    def forward(self, hidden_states: tuple[Tensor, ...], attention_mask: Tensor) -> Tensor:
        """Take the states of the last layer: hidden states, each [B, T, H] → [B, T, H]."""
        return hidden_states[-1]


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
        """Take the states of the last layer that is there: hidden states, each [B, T, H] → [B, T, H]."""
        return hidden_states[-1]


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
        """Put the last `n` layers side by side: hidden states, each [B, T, H] → [B, T, n x H], the last layer last."""
        return torch.cat(hidden_states[-self.n :], dim=-1)


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
        """Take the weighted mean of the layers: hidden states, each [B, T, H] → [B, T, H]."""
        weights = self.scores.softmax(dim=0)
        layers = hidden_states[-self.n_layers :]
        mixed = weights[0] * layers[0]
        for weight, states in zip(weights[1:], layers[1:], strict=True):
            mixed = mixed + weight * states
        return mixed


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
        """Extract [R ; A ; R∘A]: hidden states, each [B, T, H], attention_mask [B, T] → [B, T, 3 x H]."""
        layers = torch.stack(hidden_states[-self.n_layers :])  # [L, B, T, H]
        read = self.reader.summary(layers.flatten(0, 1), attention_mask.repeat(self.n_layers, 1))
        weights = self.score(read).view(self.n_layers, -1, 1, 1).softmax(dim=0)  # [L, B, 1, 1]
        mixed = (weights * layers).sum(dim=0)
        return torch.cat([layers[-1], mixed, layers[-1] * mixed], dim=-1)


def check_layers(word: str, n_layers: int) -> None:
    """Raise UserError where the encoder has no layers, as word vectors have none."""
    if n_layers < 1:
        raise UserError(f"layers {word}: this encoder has no layers to choose from; set layers to last")


def check_n(word: str, n: int, n_layers: int) -> None:
    """Raise UserError where the encoder has not `n` layers."""
    check_layers(word, n_layers)
    if not 1 <= n <= n_layers:
        raise UserError(f"layers {word}: got n {n}, 1 to {n_layers} are allowed, the layers of the encoder")
