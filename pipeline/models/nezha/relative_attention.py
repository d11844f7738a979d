"""Self-attention whose keys and values carry the relative position of the token attended to.

Positions are functional: fixed sinusoids of the clipped distance between two tokens.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.models.nezha.config import NezhaConfig
from pipeline.models.packing import Packing


def sinusoid_table(max_relative_position: int, head_size: int) -> Tensor:
    """Compute the encodings of the distances -R … R, in this order (Wei et al. 2019, section 3.1).

    Row r, of distance r - R, holds sin(r / 10000^(2k/d)) in column 2k and the cosine of that angle in 2k+1.
    (The paper writes r - R for the angle's r. The released code counts from 0, and so do all checkpoints.)

    Returns:
        float32 [2R+1, d], with R = `max_relative_position` and d = `head_size`, which must be even.
    """
    # float32 throughout: checkpoints were trained with angles of that precision; exact ones differ by 1e-5.
    rows = torch.arange(2 * max_relative_position + 1, dtype=torch.float32)
    even_columns = torch.arange(0, head_size, 2, dtype=torch.float32)
    angles = torch.outer(rows, torch.exp(even_columns * (-math.log(10000.0) / head_size)))
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)


class NezhaRelativePositions(nn.Module):
    """The encoding of every pair of positions, looked up; one module for all layers and heads, without weights."""

    table: Tensor

    def __init__(self, max_relative_position: int, head_size: int) -> None:
        super().__init__()
        self.max_relative_position = max_relative_position
        self.head_size = head_size
        self.register_buffer("table", self.compute_table(), persistent=False)

    def compute_table(self) -> Tensor:
        """Compute the content of `table`, which `from_pretrained` needs again: it builds the model without values."""
        return sinusoid_table(self.max_relative_position, self.head_size)

    def forward(self, length: int, dtype: torch.dtype) -> Tensor:
        """Return [T, T, d] of `dtype`: at (i, j) the encoding of the distance j - i, clipped to -R … R."""
        positions = torch.arange(length, device=self.table.device)
        distances = positions[None, :] - positions[:, None]
        clipped = distances.clamp(-self.max_relative_position, self.max_relative_position)
        return self.table.to(dtype)[clipped + self.max_relative_position]


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    relative_positions: Tensor,
    attention_bias: Tensor | None = None,
    dropout: float = 0.0,
) -> Tensor:
    """Compute attention with relative positions on keys and values (Wei et al. 2019, equations 2 to 4).

    For each batch row and head: scores[i, j] = query[i] · (key[j] + rel[i, j]) / sqrt(d), the probabilities
    are their softmax over j, and the output at i is the sum over j of probs[i, j] (value[j] + rel[i, j]).

    The sums are split, so that no [B, heads, T, T, d] tensor is made. rel is the same for all rows and heads;
    hence its part is one product for each query position, [T, B*heads, d] by [T, d, T], and back.

    Of the exact ways this was the fastest on a CPU with AVX-512. Time as a multiple of attention without
    positions, forward and backward, geometric mean over fp32 and bf16, T = 48, 65 and 128, H = 128 (2 heads)
    and 256 (4 heads), at B = 32: this 1.3; einsum 1.4; scoring the 2R+1 distinct rows and gathering 1.8,
    or skewing 1.9; using the sinusoids' addition theorem (rotated queries, right for T <= R + 1 alone) 1.5.

    Args:
        query: [B, heads, Q, d], the queries of the tokens that attend.
        key: [B, heads, T, d], as is `value`.
        value: see `key`.
        relative_positions: rel, [Q, T, d], of the dtype in which matrix products run.
        attention_bias: added to the scores; broadcasts to [B, heads, Q, T].
        dropout: share of the probabilities that is dropped.

    Returns:
        [B, heads, Q, d].
    """
    batch_size, n_heads, n_queries, head_size = query.shape
    query = (query / math.sqrt(head_size)).flatten(0, 1)

    # [Q, B*heads, d] @ [Q, d, T] -> [Q, B*heads, T]
    position_scores = torch.bmm(query.transpose(0, 1), relative_positions.transpose(1, 2))
    scores = torch.baddbmm(position_scores.transpose(0, 1), query, key.flatten(0, 1).transpose(1, 2))
    if attention_bias is not None:
        scores = (scores.view(batch_size, n_heads, n_queries, -1) + attention_bias).flatten(0, 1)
    probs = F.dropout(scores.softmax(dim=-1), dropout).to(relative_positions.dtype)

    # [Q, B*heads, T] @ [Q, T, d] -> [Q, B*heads, d]
    position_values = torch.bmm(probs.transpose(0, 1), relative_positions)
    context = torch.baddbmm(position_values.transpose(0, 1), probs, value.flatten(0, 1))
    return context.view(batch_size, n_heads, n_queries, head_size)


class NezhaSelfAttention(nn.Module):
    """Self-attention: hidden states become queries, keys and values of every head, and attend."""

    def __init__(self, config: NezhaConfig) -> None:
        super().__init__()
        self.n_heads = config.num_attention_heads
        self.dropout = config.attention_probs_dropout_prob
        self.query = nn.Linear(config.hidden_size, config.hidden_size)
        self.key = nn.Linear(config.hidden_size, config.hidden_size)
        self.value = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(
        self,
        asking: Tensor,
        hidden_states: Tensor,
        relative_positions: Tensor,
        attention_bias: Tensor | None,
        packing: Packing | None = None,
    ) -> Tensor:
        """Attend from some tokens [B, Q, H] to all tokens of `hidden_states` [B, T, H]: → [B, Q, H].

        Packed, the attending tokens, the attended ones and the result are [1, P, H]. See `attend` for the other
        arguments.
        """
        query, key, value = (
            states.view(*states.shape[:2], self.n_heads, -1).transpose(1, 2)
            for states in (self.query(asking), self.key(hidden_states), self.value(hidden_states))
        )
        if packing is not None:
            query, key, value = map(packing.lay_out, (query, key, value))
        dropout = self.dropout if self.training else 0.0
        context = attend(query, key, value, relative_positions, attention_bias, dropout)
        return (context.transpose(1, 2) if packing is None else packing.collect(context)).flatten(2)
