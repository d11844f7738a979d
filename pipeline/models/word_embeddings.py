"""An encoder that is a table: each word's hidden state is its vector (Mikolov et al. 2013), trained further."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.artifacts.atomic import read_json
from pipeline.artifacts.require import require_file

PADDING, UNKNOWN, SPECIAL = 0, 1, 2  # the rows before the first word's; `pipeline.vectors.word_ids` counts alike


@dataclass(frozen=True)
class WordEmbeddingsConfig:
    """The size of the table, under the names that transformers' configurations have."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int = 0


class WordStates(NamedTuple):
    """The hidden states [B, T, H] of the table, its only layer: the last states are also those of all layers."""

    last_hidden_state: Tensor
    hidden_states: tuple[Tensor, ...]


class WordEmbeddings(nn.Module):
    """A trainable vector for each word, one for all unknown words, and zeros for padding, under dropout."""

    def __init__(self, config: WordEmbeddingsConfig, dropout: float):
        super().__init__()
        self.config = config
        table = nn.Embedding(config.vocab_size, config.hidden_size, padding_idx=PADDING)
        self.embeddings = nn.ModuleDict({"word_embeddings": table})  # the name that it has in BERT
        self.dropout = nn.Dropout(dropout)

    def get_input_embeddings(self) -> Any:
        """Return the table, [words + 2, H]."""
        return self.embeddings["word_embeddings"]

    def set_input_embeddings(self, value: nn.Module) -> None:
        """Replace the table."""
        self.embeddings["word_embeddings"] = value

    def forward(self, input_ids: Tensor, attention_mask: Tensor, output_hidden_states: bool = False) -> WordStates:
        """Look word vectors up: input_ids and attention_mask [B, T] → hidden states [B, T, H]."""
        states: Tensor = self.dropout(self.get_input_embeddings()(input_ids))
        return WordStates(states, (states,))


def read_word_config(folder: Path) -> WordEmbeddingsConfig:
    """Read the table's size from a folder of word vectors, whose vectors need not be there."""
    require_file(folder / "words.txt")
    n_words = (folder / "words.txt").read_text(encoding="utf-8").count("\n")
    return WordEmbeddingsConfig(n_words + SPECIAL, read_json(folder / "settings.json")["dimensions"])


def load_word_embeddings(config: WordEmbeddingsConfig, folder: Path | None, dropout: float) -> WordEmbeddings:
    """Make the table from a folder's vectors, unknown words starting from their mean; fresh without a folder."""
    encoder = WordEmbeddings(config, dropout)
    if folder is not None:
        require_file(folder / "vectors.npy")
        vectors = torch.from_numpy(np.load(folder / "vectors.npy", allow_pickle=False))
        with torch.no_grad():
            table = encoder.get_input_embeddings().weight
            table[UNKNOWN], table[SPECIAL:] = vectors.mean(dim=0), vectors
    return encoder
