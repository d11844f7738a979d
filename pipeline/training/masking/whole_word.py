"""Words hidden whole."""

import torch
from torch import Tensor


def whole_word(starts_word: Tensor, generator: torch.Generator) -> Tensor:
    """A token and those that go on with its word are a unit: bool [B, T] → [B, T].

    So that a word's end does not give its beginning away (BERT's whole-word masking, 2019; Cui et al. 2021,
    arXiv:1906.08101). `starts_word` is true where a token begins a word.
    """
    # A row that begins within a word, as the rest of a cut document may, has no start at its first token.
    return starts_word.cumsum(1) - starts_word[:, :1].long()
