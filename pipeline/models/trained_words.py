"""A table of word embeddings of which training holds the rows that its texts have, and no others."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional


class TrainedWords(nn.Module):
    """A substitute for a table [V, H]: its rows `ids` [U] as parameter `weight` [U, H], its other rows as they are.

    In training the module looks words up among `ids` alone; another id is an IndexError. It stays on the table's
    device.
    """

    def __init__(self, table: nn.Embedding, ids: NDArray[np.integer]):
        super().__init__()
        is_trained = torch.zeros(table.num_embeddings, dtype=torch.bool, device=table.weight.device)
        is_trained[torch.from_numpy(ids)] = True
        places = torch.where(is_trained, is_trained.cumsum(0), len(ids) + (~is_trained).cumsum(0)) - 1
        self.weight = nn.Parameter(table.weight.detach()[is_trained])
        # No buffers: they need not be saved, and averages of weights copy buffers in every update.
        self.others = table.weight.detach()[~is_trained]
        self.places = places  # of each id among weight and, after it, others
        self.padding_idx = None if table.padding_idx is None else int(places[table.padding_idx])

    def forward(self, input_ids: Tensor) -> Tensor:
        """Look embeddings up: input_ids [B, T] → [B, T, H]."""
        places, n_trained = self.places[input_ids], len(self.weight)
        if self.training:
            padding_idx = None if self.padding_idx is None or self.padding_idx >= n_trained else self.padding_idx
            return functional.embedding(places, self.weight, padding_idx)
        trained = functional.embedding(places.clamp(max=n_trained - 1), self.weight)
        other = functional.embedding((places - n_trained).clamp(min=0), self.others)
        return torch.where((places < n_trained)[..., None], trained, other)

    def whole(self) -> nn.Embedding:
        """Return the table [V, H] with the trained rows in their places."""
        is_trained = self.places < len(self.weight)
        weight = self.others.new_empty(len(self.places), self.others.shape[1])
        weight[is_trained], weight[~is_trained] = self.weight.detach(), self.others
        padding_idx = None if self.padding_idx is None else int((self.places == self.padding_idx).nonzero())
        table = nn.Embedding(len(weight), weight.shape[1], padding_idx=padding_idx, _weight=weight)
        return table.requires_grad_(self.weight.requires_grad).train(self.training)


def train_words(encoder: Any, ids: NDArray[np.integer]) -> None:
    """Let training change the embeddings of the token ids `ids` alone, in place, until `restore_words`.

    To the other embeddings training would do nothing but to decay them, by learning rate times weight decay in an
    update. For that their gradients would be filled with zeros, measured and clipped, and AdamW would read and write
    them with both of its moments, which for a table of many languages takes more time than all layers
    (docs/performance.md).

    Tables that are frozen, that scale what they give, or that several modules share stay whole, and those of models
    with a decoder.
    """
    table, ids = _table(encoder), np.unique(ids)
    if type(table) is not nn.Embedding or table.max_norm is not None or table.scale_grad_by_freq or table.sparse:
        return
    n_owners = sum(own is table.weight for module in encoder.modules() for own in module.parameters(recurse=False))
    has_decoder = getattr(getattr(encoder, "config", None), "is_encoder_decoder", False)  # which begins with its own id
    if table.weight.requires_grad and n_owners == 1 and not has_decoder and len(ids) < table.num_embeddings:
        encoder.set_input_embeddings(TrainedWords(table, ids))


def restore_words(encoder: Any) -> None:
    """Give the encoder a whole table again, in place; without `train_words` before, do nothing."""
    table = _table(encoder)
    if isinstance(table, TrainedWords):
        encoder.set_input_embeddings(table.whole())


def _table(encoder: Any) -> nn.Module | None:
    """Return the module that embeds token ids; None where transformers says that a family has none, as CANINE."""
    try:
        table: nn.Module = encoder.get_input_embeddings()
    except NotImplementedError:
        return None
    return table
