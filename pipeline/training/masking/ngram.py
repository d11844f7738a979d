"""Several words hidden together."""

import torch
from torch import Tensor

from pipeline.errors import UserError
from pipeline.training.masking.whole_word import whole_word


def ngram(starts_word: Tensor, generator: torch.Generator, *, probabilities: list[float]) -> Tensor:
    """Runs of 1, 2, 3 … whole words are the units: bool [B, T] → [B, T].

    Each row is cut into runs whose lengths are drawn with `probabilities`, those of 1, 2, 3 … words; they need not sum
    to 1. Runs are then chosen whatever their length, so that the lengths of hidden runs have these probabilities too
    (MacBERT, Cui et al. 2020, arXiv:2004.13922: 0.4, 0.3, 0.2, 0.1; SpanBERT draws the lengths of its spans likewise).

    Raises UserError for probabilities that are none.
    """
    if not probabilities or min(probabilities) < 0 or not sum(probabilities):
        raise UserError(
            f"masking ngram: got probabilities {probabilities}; the shares of runs of 1, 2, 3 … words are allowed, "
            "as in [0.4, 0.3, 0.2, 0.1]"
        )
    words = whole_word(starts_word, generator)
    n_runs = words.shape[1]  # as many as there are where each has one word
    lengths = 1 + torch.multinomial(
        torch.tensor(probabilities), words.numel(), replacement=True, generator=generator
    ).view(-1, n_runs)
    return torch.searchsorted(lengths.cumsum(1), words, right=True)
