"""The last layer of an encoder, computed for those tokens alone whose states are read.

Every token is still attended to, so the states that are read stay the same but for rounding. The rest of a layer treats
each token by itself, and of the twelve H x H products that a layer makes for a token (with the usual feed-forward
network, four times as wide) eight are the feed-forward network's: what nobody reads need not be computed, forward or
backward. It is done for NEZHA and for the families whose layers are BERT's; other encoders stay whole.
"""

from typing import Any

from torch import Tensor, nn

from pipeline.models.attention import NAME, attend
from pipeline.models.nezha.layers import NezhaAttention

# Whose layers are BERT's, name by name. Those of ALBERT, DeBERTa and ModernBERT are others.
LIKE_BERT = ("bert", "camembert", "electra", "ernie", "roberta", "xlm-roberta")


def compute_first_token_alone(encoder: Any) -> None:
    """Let an encoder's last layer give the state of the first token alone, [B, 1, H] for [B, T, H], in place.

    Of twelve products the other tokens need two, keys and values. Weights and their names stay. The families like BERT
    have to have our attention (`use_fastest_attention`); with another they stay whole.
    """
    layer = _last_layer(encoder)
    if layer is None:
        return
    if isinstance(layer.attention, NezhaAttention):
        layer.attention = FirstTokenNezhaAttention(layer.attention)
    elif encoder.config._attn_implementation == NAME:
        layer.attention = FirstTokenAttention(layer.attention)


def chosen_states(encoder: Any, input_ids: Tensor, attention_mask: Tensor, chosen: Tensor) -> Tensor:
    """The last hidden states of the chosen tokens: input_ids, attention_mask and bool chosen [B, T] → [n_chosen, H].

    Of twelve products the other tokens need three in the last layer, queries, keys and values. An encoder with a pooler
    of its own, which masked language models have not, stays whole. The layer is whole again when this returns, so it
    does not go with gradient checkpointing, which computes it a second time.
    """
    layer = _last_layer(encoder)
    if layer is None or getattr(encoder, "pooler", None) is not None:
        states: Tensor = encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return states[chosen]
    whole = layer.attention
    layer.attention = ChosenTokensAttention(whole, chosen)
    try:
        states = encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
    finally:
        layer.attention = whole
    return states


def _last_layer(encoder: Any) -> Any | None:
    """The last layer; None where the encoder's layers are not of the kind that is known here."""
    config = encoder.config
    is_known = config.model_type == "nezha" or (
        config.model_type in LIKE_BERT and not config.is_decoder and not config.chunk_size_feed_forward
    )
    return encoder.encoder.layer[-1] if is_known else None


class _Attention(nn.Module):
    """Made of the parts of a whole attention, under their names: attention itself, and its residual connection."""

    def __init__(self, whole: Any):
        super().__init__()
        self.self, self.output = whole.self, whole.output


class FirstTokenAttention(_Attention):
    """BERT's attention and its residual connection, from the first token to all."""

    def forward(self, hidden_states: Tensor, attention_mask: Tensor | None = None, **_: Any) -> tuple[Tensor, None]:
        """hidden_states [B, T, H], boolean mask [B, 1, T, T] → [B, 1, H], and no attention weights."""
        first, part = hidden_states[:, :1], self.self
        query, key, value = (
            linear(states).unflatten(-1, (-1, part.attention_head_size)).transpose(1, 2)
            for linear, states in ((part.query, first), (part.key, hidden_states), (part.value, hidden_states))
        )
        mask = None if attention_mask is None else attention_mask[:, :, :1]
        dropout = part.dropout.p if self.training else 0.0
        context = attend(part, query, key, value, mask, dropout=dropout, scaling=part.scaling)[0]
        return self.output(context.flatten(2), first), None


class FirstTokenNezhaAttention(_Attention):
    """NEZHA's attention and its residual connection, from the first token to all."""

    def forward(self, hidden_states: Tensor, relative_positions: Tensor, attention_bias: Tensor | None) -> Tensor:
        """hidden_states [B, T, H], relative_positions [T, T, d], attention_bias [B, 1, 1, T] → [B, 1, H]."""
        first = hidden_states[:, :1]
        context = self.self(first, hidden_states, relative_positions[:1], attention_bias)
        attended: Tensor = self.output(context, first)
        return attended


class ChosenTokensAttention(_Attention):
    """Attention of BERT or NEZHA from all tokens to all, and the residual connection of the chosen ones, [n, H]."""

    def __init__(self, whole: Any, chosen: Tensor):
        super().__init__(whole)
        self.chosen, self.is_nezha = chosen, isinstance(whole, NezhaAttention)

    def forward(self, hidden_states: Tensor, *others: Any, **more: Any) -> Any:
        """hidden_states [B, T, H] and what else the whole attention takes → [n, H], as it gives [B, T, H]."""
        if self.is_nezha:
            context = self.self(hidden_states, hidden_states, *others, **more)
        else:
            context = self.self(hidden_states, *others, **more)[0]
        attended = self.output(context[self.chosen], hidden_states[self.chosen])
        return attended if self.is_nezha else (attended, None)
