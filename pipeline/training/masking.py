"""Dynamic masks for masked-language modelling: which tokens are hidden together, and what stands in their place.

A unit is what is hidden as one: `(starts_word, generator, *, ...)`, with bool [B, T], gives the unit of each token,
numbered from 0 in each row, [B, T].
"""

import torch
from torch import Tensor

from pipeline.errors import UserError


def token(starts_word: Tensor, generator: torch.Generator) -> Tensor:
    """Make every token a unit of its own, as in BERT (Devlin et al. 2019): bool [B, T] → [B, T]."""
    return torch.arange(starts_word.shape[1]).expand(starts_word.shape)


def whole_word(starts_word: Tensor, generator: torch.Generator) -> Tensor:
    """Make a token and those that go on with its word a unit: bool [B, T] → [B, T].

    A word's end then does not give its beginning away (BERT's whole-word masking, 2019; Cui et al. 2021,
    arXiv:1906.08101). `starts_word` is true where a token begins a word.
    """
    # A row that begins within a word, as the rest of a cut document may, has no start at its first token.
    return starts_word.cumsum(1) - starts_word[:, :1].long()


def ngram(starts_word: Tensor, generator: torch.Generator, *, probabilities: list[float]) -> Tensor:
    """Make runs of 1, 2, 3 … whole words the units: bool [B, T] → [B, T].

    Each row is cut into runs whose lengths are drawn with `probabilities`, those of 1, 2, 3 … words; they need not sum
    to 1. Runs are then chosen whatever their length, so that the lengths of hidden runs have these probabilities too
    (MacBERT, Cui et al. 2020, arXiv:2004.13922: 0.4, 0.3, 0.2, 0.1; SpanBERT draws the lengths of its spans likewise).

    Raises UserError for numbers that are no probabilities.
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


def mask_tokens(
    input_ids: Tensor,
    maskable: Tensor,
    units: Tensor,
    *,
    mask_id: int,
    vocab_size: int,
    n_special: int,
    mlm_probability: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Choose units to predict and hide them, as BERT does (Devlin et al. 2019): 80 % [MASK], 10 % random, 10 % kept.

    A unit is chosen and treated as a whole, as SpanBERT does (Joshi et al. 2020, arXiv:1907.10529): every token of it
    becomes [MASK], or every one a random token, or every one stays.

    Args:
        input_ids: [B, T].
        maskable: bool [B, T], false for padding and special tokens.
        units: the unit of each token, numbered from 0 in each row, [B, T].
        mask_id: id of [MASK].
        vocab_size: random tokens are drawn from the ids `n_special` to `vocab_size` − 1.
        n_special: number of special ids at the start of the vocabulary.
        mlm_probability: share of the units, and so of the maskable tokens, that is chosen.
        generator: on the CPU, so that the same seed chooses the same tokens on every device.

    Returns:
        The changed input_ids [B, T] and the chosen positions, bool [B, T].
    """
    draw = torch.rand(input_ids.shape, generator=generator).gather(1, units)
    chosen = (draw < mlm_probability) & maskable
    # One draw serves both choices: below the probability it is itself uniform.
    part = draw / mlm_probability
    random_ids = torch.randint(n_special, vocab_size, input_ids.shape, generator=generator)
    masked = torch.where(chosen & (part < 0.8), torch.full_like(input_ids, mask_id), input_ids)
    masked = torch.where(chosen & (part >= 0.8) & (part < 0.9), random_ids, masked)
    return masked, chosen
