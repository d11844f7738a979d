"""Dynamic masks for masked-language modelling."""

import torch
from torch import Tensor


def mask_tokens(
    input_ids: Tensor,
    maskable: Tensor,
    *,
    mask_id: int,
    vocab_size: int,
    n_special: int,
    mlm_probability: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Choose tokens to predict and hide them, as BERT does (Devlin et al. 2019): 80 % [MASK], 10 % random, 10 % kept.

    Args:
        input_ids: [B, T].
        maskable: bool [B, T], false for padding and special tokens.
        mask_id: id of [MASK].
        vocab_size: random tokens are drawn from the ids `n_special` to `vocab_size` − 1.
        n_special: number of special ids at the start of the vocabulary.
        mlm_probability: share of the maskable tokens that is chosen.
        generator: on the CPU, so that the same seed chooses the same tokens on every device.

    Returns:
        The changed input_ids [B, T] and the chosen positions, bool [B, T].
    """
    draw = torch.rand(input_ids.shape, generator=generator)
    chosen = (draw < mlm_probability) & maskable
    # One draw serves both choices: below the probability it is itself uniform.
    part = draw / mlm_probability
    random_ids = torch.randint(n_special, vocab_size, input_ids.shape, generator=generator)
    masked = torch.where(chosen & (part < 0.8), torch.full_like(input_ids, mask_id), input_ids)
    masked = torch.where(chosen & (part >= 0.8) & (part < 0.9), random_ids, masked)
    return masked, chosen
