"""Tokens hidden one by one."""

import torch
from torch import Tensor


def token(starts_word: Tensor, generator: torch.Generator) -> Tensor:
    """Every token a unit of its own, as in BERT (Devlin et al. 2019): bool [B, T] → [B, T]."""
    return torch.arange(starts_word.shape[1]).expand(starts_word.shape)
