"""Dynamic masks for masked-language modelling."""

import torch
from torch import Tensor


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
