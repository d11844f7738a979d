"""The last layer of an encoder, computed for the first token alone."""

from typing import Any

from torch import Tensor, nn

from pipeline.models.attention import NAME, attend
from pipeline.models.nezha.layers import NezhaAttention

# Whose attention is BERT's, name by name. That of ALBERT, DeBERTa and ModernBERT is another.
LIKE_BERT = ("bert", "camembert", "electra", "ernie", "roberta", "xlm-roberta")


def compute_first_token_alone(encoder: Any) -> None:
    """Let an encoder's last layer give the state of the first token alone, [B, 1, H] for [B, T, H], in place.

    The first token still attends to all others, so its state stays the same but for rounding. Of the twelve H x H
    products that a layer makes for a token (the feed-forward network four times as wide), the other tokens need two,
    keys and values: where `[CLS]` is all that is read, five sixths of the last layer's arithmetic go, forward and
    backward. Weights and their names stay.

    It is done for NEZHA and for the families whose attention is BERT's; other encoders stay as they are. For those
    families `use_fastest_attention` goes before it.
    """
    config = encoder.config
    if config.model_type == "nezha":
        layer = encoder.encoder.layer[-1]
        layer.attention = FirstTokenNezhaAttention(layer.attention)
    elif config.model_type in LIKE_BERT and config._attn_implementation == NAME and not config.is_decoder:
        layer = encoder.encoder.layer[-1]
        layer.attention = FirstTokenAttention(layer.attention)


class FirstTokenAttention(nn.Module):
    """BERT's attention and its residual connection, from the first token to all; made of the parts of the whole one."""

    def __init__(self, attention: Any):
        super().__init__()
        self.self, self.output = attention.self, attention.output

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


class FirstTokenNezhaAttention(nn.Module):
    """NEZHA's attention and its residual connection, from the first token to all."""

    def __init__(self, attention: NezhaAttention):
        super().__init__()
        self.self, self.output = attention.self, attention.output

    def forward(self, hidden_states: Tensor, relative_positions: Tensor, attention_bias: Tensor | None) -> Tensor:
        """hidden_states [B, T, H], relative_positions [T, T, d], attention_bias [B, 1, 1, T] → [B, 1, H]."""
        first = hidden_states[:, :1]
        context = self.self(first, hidden_states, relative_positions[:1], attention_bias)
        attended: Tensor = self.output(context, first)
        return attended
