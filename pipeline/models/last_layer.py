"""The last layer of an encoder, computed for those tokens alone whose states are read.

Every token is still attended to, so the states that are read stay the same but for rounding. The rest of a layer treats
each token by itself, and of the twelve H x H products that a layer makes for a token (with the usual feed-forward
network, four times as wide) eight are the feed-forward network's: what nobody reads need not be computed, forward or
backward. It is done for NEZHA and for the families whose layers are BERT's; other encoders stay whole.
"""

from typing import Any

import torch
from torch import Tensor, nn

from pipeline.models.attention import attend
from pipeline.models.like_bert import attends_as_ours, bert_layers
from pipeline.models.nezha.encoder import NezhaAttention
from pipeline.models.packing import Packing


def compute_first_token_alone(encoder: Any) -> None:
    """Let an encoder's last layer give the state of the first token alone, [B, 1, H] for [B, T, H], in place.

    Of twelve products the other tokens need none; with LoRA, with dropout of attention and in NEZHA two, those of keys
    and values. Weights and their names stay. The families like BERT have to have our attention
    (`use_fastest_attention`); with another they stay whole.
    """
    if not attends_as_ours(encoder):
        return
    layer = encoder.encoder.layer[-1]
    kind = FirstTokenNezhaAttention if isinstance(layer.attention, NezhaAttention) else FirstTokenAttention
    layer.attention = kind(layer.attention)


def chosen_states(encoder: Any, input_ids: Tensor, attention_mask: Tensor, chosen: Tensor) -> Tensor:
    """Return the last hidden states of chosen tokens: input_ids, attention_mask, bool chosen [B, T] → [n_chosen, H].

    Of twelve products the other tokens need three in the last layer, queries, keys and values. An encoder with a pooler
    of its own, which masked language models have not, stays whole. The layer is whole again when this returns, so
    chosen states do not go with gradient checkpointing, which computes a layer a second time.
    """
    layers = bert_layers(encoder)
    if layers is None or getattr(encoder, "pooler", None) is not None:
        states: Tensor = encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return states[chosen]
    layer = layers[-1]
    whole = layer.attention
    layer.attention = ChosenTokensAttention(whole, chosen)
    try:
        states = encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
    finally:
        layer.attention = whole
    return states


class _Attention(nn.Module):
    """A module of the parts of a whole attention, under their names: attention itself, and its residual connection."""

    def __init__(self, whole: Any):
        super().__init__()
        self.self, self.output = whole.self, whole.output


class FirstTokenAttention(_Attention):
    """BERT's attention and its residual connection, from the first token to all."""

    def forward(
        self, hidden_states: Tensor, attention_mask: Tensor | None = None, packing: Packing | None = None, **_: Any
    ) -> tuple[Tensor, None]:
        """Attend from the first token to all.

        hidden_states [B, T, H], boolean mask [B, 1, T, T] → [B, 1, H], and no attention weights.

        Packed, hidden_states are [1, P, H].
        """
        if packing is not None:
            hidden_states, attention_mask = packing.unpack(hidden_states), packing.mask[:, None, None]
        first, part = hidden_states[:, :1], self.self
        mask = None if attention_mask is None else attention_mask[:, :, :1]
        dropout = part.dropout.p if self.training else 0.0
        if dropout or any(type(linear) is not nn.Linear for linear in (part.key, part.value)):
            query, key, value = (
                linear(states).unflatten(-1, (-1, part.attention_head_size)).transpose(1, 2)
                for linear, states in ((part.query, first), (part.key, hidden_states), (part.value, hidden_states))
            )
            context = attend(part, query, key, value, mask, dropout=dropout, scaling=part.scaling)[0]
        else:
            query = part.query(first) * part.scaling
            context = attend_from_one(query, hidden_states, mask, part.key, part.value, part.num_attention_heads)
        return self.output(context.flatten(2), first), None


def attend_from_one(
    query: Tensor, states: Tensor, attention_mask: Tensor | None, key: nn.Linear, value: nn.Linear, n_heads: int
) -> Tensor:
    """Compute attention from one token without the keys and values of the other tokens.

    A query's product with a key W x + b is that of Wᵀ q with x, and q · b; a mean of values V x + c is V times the mean
    of x, and c. So the two products that each token needs become two of each text.

    query [B, 1, H], scaled, states [B, T, H], boolean mask [B, 1, 1, T], the layers that would give keys and values →
    [B, 1, H].
    """

    def heads_of(tensor: Tensor) -> Tensor:
        return tensor.view(n_heads, -1, *tensor.shape[1:])

    heads = query.view(len(query), n_heads, -1).transpose(0, 1)  # [heads, B, d]
    asked = (heads @ heads_of(key.weight)).transpose(0, 1)  # [B, heads, H]
    scores = asked @ states.transpose(1, 2)  # [B, heads, T]
    scores += (heads @ heads_of(key.bias)[..., None]).transpose(0, 1)  # softmax takes it away; for its gradient
    if attention_mask is not None:
        scores = scores.masked_fill(~attention_mask[:, 0], torch.finfo(scores.dtype).min)
    found = scores.softmax(dim=-1) @ states  # [B, heads, H]
    values = found.transpose(0, 1) @ heads_of(value.weight).transpose(1, 2)  # [heads, B, d]
    return values.transpose(0, 1).reshape(query.shape) + value.bias


class FirstTokenNezhaAttention(_Attention):
    """NEZHA's attention and its residual connection, from the first token to all."""

    def forward(
        self,
        hidden_states: Tensor,
        relative_positions: Tensor,
        attention_bias: Tensor | None,
        packing: Packing | None = None,
    ) -> Tensor:
        """Attend from the first token to all.

        hidden_states [B, T, H], relative_positions [T, T, d], attention_bias [B, 1, 1, T] → [B, 1, H].

        Packed, hidden_states are [1, P, H].
        """
        states = hidden_states if packing is None else packing.unpack(hidden_states)
        first = states[:, :1]
        context = self.self(first, states, relative_positions[:1], attention_bias)
        attended: Tensor = self.output(context, first)
        return attended


class ChosenTokensAttention(_Attention):
    """Attention of BERT or NEZHA from all tokens to all, and the residual connection of the chosen ones, [n, H]."""

    def __init__(self, whole: Any, chosen: Tensor):
        super().__init__(whole)
        self.chosen, self.is_nezha = chosen, isinstance(whole, NezhaAttention)

    def forward(self, hidden_states: Tensor, *others: Any, **more: Any) -> Any:
        """Attend from all tokens, and keep the chosen ones.

        hidden_states [B, T, H] and the whole attention's other arguments → [n, H], in the form of its [B, T, H].
        """
        if self.is_nezha:
            context = self.self(hidden_states, hidden_states, *others, **more)
        else:
            context = self.self(hidden_states, *others, **more)[0]
        attended = self.output(context[self.chosen], hidden_states[self.chosen])
        return attended if self.is_nezha else (attended, None)
