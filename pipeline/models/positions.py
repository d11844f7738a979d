"""Which positions an encoder has for tokens."""

from torch import nn

from pipeline.errors import UserError


def max_tokens(encoder: nn.Module) -> int | None:
    """The longest input of an encoder, in tokens; None where its positions are relative, so that none is."""
    table, first = _positions(encoder)
    return None if table is None else table.num_embeddings - first


def first_position(encoder: nn.Module) -> int | None:
    """The position of a text's first token, as `position_ids` count; None where positions are relative."""
    table, first = _positions(encoder)
    return None if table is None else first


def _positions(encoder: nn.Module) -> tuple[nn.Embedding | None, int]:
    table = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    if not isinstance(table, nn.Embedding):
        return None, 0
    # RoBERTa and its relatives count positions from the padding id + 1.
    return table, 0 if table.padding_idx is None else table.padding_idx + 1


def check_max_length(encoder: nn.Module, max_length: int, what: str) -> None:
    """Raise UserError where texts of `max_length` tokens are too long for the encoder."""
    limit = max_tokens(encoder)
    if limit is not None and max_length > limit:
        raise UserError(
            f"{what}: got max_length {max_length}, but the encoder has positions for {limit} tokens; "
            f"set max_length to {limit} or less"
        )
