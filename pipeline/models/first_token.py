"""The last layer of an encoder, computed for the first token alone."""

from typing import Any

from torch import Tensor, nn

from pipeline.models.attention import NAME, attend
from pipeline.models.nezha.layers import NezhaAttention

# Their attention is BERT's, line by line; that of DeBERTa, ALBERT and ModernBERT is not.
LIKE_BERT = ("bert", "camembert", "electra", "ernie", "roberta", "xlm-roberta")


class FirstTokenAttention(nn.Module):
    """BERT's attention and its residual connection, asked by the first token alone; the weights keep their names."""

    def __init__(self, attention: Any):
        super().__init__()
        self.self, self.output = attention.self, attention.output

    def forward(self, hidden_states: Tensor, attention_mask: Tensor | None = None, **_: Any) -> tuple[Tensor, None]:
        """hidden_states [B, T, H], boolean mask [B, 1, T, T] → [B, 1, H], and no attention weights."""
        first, part = hidden_states[:, :1], self.self
        query, key, value = (
            project(states).unflatten(-1, (-1, part.attention_head_size)).transpose(1, 2)
            for project, states in ((part.query, first), (part.key, hidden_states), (part.value, hidden_states))
        )
        mask = None if attention_mask is None else attention_mask[:, :, :1]
        dropout = part.dropout.p if self.training else 0.0
        context, _ = attend(part, query, key, value, mask, dropout=dropout, scaling=part.scaling)
        return self.output(context.flatten(2), first), None


class FirstTokenNezhaAttention(nn.Module):
    """The same of NEZHA's."""

    def __init__(self, attention: NezhaAttention):
        super().__init__()
        self.self, self.output = attention.self, attention.output

    def forward(self, hidden_states: Tensor, relative_positions: Tensor, attention_bias: Tensor | None) -> Tensor:
        """hidden_states [B, T, H], relative_positions [T, T, d], attention_bias [B, 1, 1, T] → [B, 1, H]."""
        first = hidden_states[:, :1]
        context = self.self(first, hidden_states, relative_positions[:1], attention_bias)
        attended: Tensor = self.output(context, first)
        return attended


def compute_first_token_alone(encoder: Any) -> bool:
    """Let the last layer of an encoder give the state of the first token alone, [B, 1, H], where nothing else is read.

    Every token of it is still attended to, so the state is the same but for rounding. Of the twelve H x H products a
    layer makes for each token, two remain, keys and values: a classifier that reads `[CLS]` saves five sixths of its
    last layer, forward and backward. Returns whether it is done; families of another attention stay as they are.
    """
    is_nezha = encoder.config.model_type == "nezha"
    fits = encoder.config.model_type in LIKE_BERT and encoder.config._attn_implementation == NAME
    if not (is_nezha or fits):
        return False
    layer = encoder.encoder.layer[-1]
    layer.attention = (FirstTokenNezhaAttention if is_nezha else FirstTokenAttention)(layer.attention)
    return True
