"""The positions that an encoder has for tokens, and the longest text that has room in them."""

import torch
from torch import Tensor, nn

from pipeline.errors import UserError


def max_tokens(encoder: nn.Module) -> int | None:
    """Return the longest input of an encoder, in tokens; None where positions are relative, which set no limit."""
    table = _table(encoder)
    if table is None:
        return None
    # RoBERTa and its relatives count positions from the padding id + 1.
    return table.num_embeddings - (0 if table.padding_idx is None else table.padding_idx + 1)


def position_ids(encoder: nn.Module, input_ids: Tensor) -> Tensor | None:
    """Return the positions [B, T] that an encoder gives to the tokens input_ids [B, T]; None for relative positions."""
    table = _table(encoder)
    if table is None:
        return None
    if table.padding_idx is None:
        return torch.arange(input_ids.shape[1], device=input_ids.device).expand_as(input_ids)
    counts = input_ids != table.padding_idx  # as RoBERTa does: a padding token inside of a text has no position
    return counts.cumsum(1) * counts + table.padding_idx


def _table(encoder: nn.Module) -> nn.Embedding | None:
    table = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    return table if isinstance(table, nn.Embedding) else None


def check_max_length(encoder: nn.Module, max_length: int, what: str) -> None:
    """Raise UserError where texts of `max_length` tokens are too long for the encoder."""
    limit = max_tokens(encoder)
    if limit is not None and max_length > limit:
        raise UserError(
            f"{what}: got max_length {max_length}, but the encoder has positions for {limit} tokens; "
            f"set max_length to {limit} or less"
        )
