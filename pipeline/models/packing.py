"""The tokens of a padded batch, one after the other, so that an encoder computes no padding.

But for attention, an encoder treats each token by itself. So the tokens are packed before the first layer, [B, T] to
[1, P], and attention alone lays queries, keys and values out in rows again.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

from pipeline.models.positions import position_ids

# Of P in half precision: oneDNN builds its kernels anew for every number of rows, and this leaves few.
HALF_PRECISION_MULTIPLE = 64


@dataclass(frozen=True)
class Packing:
    """The places of the N tokens of a padded batch [B, T] among P packed ones; what follows the N is padding.

    Attributes:
        mask: bool [B, T], true for tokens.
        tokens: int64 [N], the places of the tokens in [B * T].
        slots: int64 [N * heads], the places of the heads of the tokens in [B * heads * T].
        sources: int64 [B * heads * T], the place in [P * heads] that each element is read from: for padding, the
            place of the first padding.
        n_heads: the heads of attention.
        size: P, at least N + 1.
    """

    mask: Tensor
    tokens: Tensor
    slots: Tensor
    sources: Tensor
    n_heads: int
    size: int

    def pack(self, values: Tensor, fill: int) -> Tensor:
        """Pack values of tokens, [B, T] → [1, P], with `fill` after the tokens."""
        packed = values.new_full((1, self.size), fill)
        packed[0, : len(self.tokens)] = values.flatten()[self.tokens]
        return packed

    def unpack(self, states: Tensor) -> Tensor:
        """Unpack states, [1, P, H] → [B, T, H], 0 for padding; states of another shape are not packed, and stay."""
        if states.shape[:2] != (1, self.size):
            return states
        rows = states.new_zeros(self.mask.numel(), states.shape[-1])
        return rows.index_copy(0, self.tokens, states[0, : len(self.tokens)]).view(*self.mask.shape, -1)

    def lay_out(self, heads: Tensor) -> Tensor:
        """Lay packed heads out in rows, [1, heads, P, d] → [B, heads, T, d]; padding has any finite values."""
        n_rows, n_columns = self.mask.shape
        rows = heads.transpose(1, 2).reshape(-1, heads.shape[-1])
        laid_out: Tensor = _LayOut.apply(rows, self)  # type: ignore[no-untyped-call]
        return laid_out.view(n_rows, heads.shape[1], n_columns, -1)

    def collect(self, heads: Tensor) -> Tensor:
        """Pack the heads of rows, [B, heads, T, d] → [1, P, heads, d], 0 after the tokens."""
        collected: Tensor = _Collect.apply(heads.reshape(-1, heads.shape[-1]), self)  # type: ignore[no-untyped-call]
        return collected.view(1, self.size, heads.shape[1], -1)


def find_packing(encoder: Any, attention_mask: Tensor) -> Packing | None:
    """Find where to pack the tokens of a batch, attention_mask [B, T], padded after the tokens.

    Returns None where packing would not save anything, and where a text has no token at all.
    """
    n_heads = encoder.config.num_attention_heads
    mask = attention_mask.bool()
    n_columns = mask.shape[1]
    tokens = mask.flatten().nonzero().squeeze(1)
    multiple = HALF_PRECISION_MULTIPLE if torch.is_autocast_enabled(mask.device.type) else 1
    size = len(tokens) + 1
    size += -size % multiple
    if size >= mask.numel() or not mask[:, 0].all():
        return None
    rows, columns = (tokens // n_columns)[:, None], (tokens % n_columns)[:, None]
    slots = ((rows * n_heads + torch.arange(n_heads)) * n_columns + columns).flatten()
    sources = torch.full((mask.numel() * n_heads,), len(slots))
    sources[slots] = torch.arange(len(slots))
    return Packing(mask, tokens, slots, sources, n_heads, size)


def packed_inputs(encoder: nn.Module, input_ids: Tensor, packing: Packing) -> dict[str, Any]:
    """Pack an encoder's inputs: what it reads in place of input_ids [B, T] and their mask, to give states [1, P, H]."""
    first = int(input_ids[0, 0])  # a token that training has (`pipeline.models.trained_words`)
    inputs = {"input_ids": packing.pack(input_ids, fill=first), "packing": packing}
    positions = position_ids(encoder, input_ids)
    if positions is not None:
        inputs["position_ids"] = packing.pack(positions, fill=int(positions[0, 0]))
    return inputs


# Neither function adds anything up: each place is read once, forward and backward, but for padding. What is read there
# forward is masked by attention, and backward it is 0, because nobody reads the first padding of the packed tokens.


class _LayOut(Function):
    """The step [P * heads, d] → [B * heads * T, d] of `Packing.lay_out`, with its gradient."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, packing: Packing) -> Tensor:
        ctx.packing = packing
        return rows.index_select(0, packing.sources)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        return _collect(gradient, ctx.packing), None


class _Collect(Function):
    """The step [B * heads * T, d] → [P * heads, d] of `Packing.collect`, with its gradient."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, packing: Packing) -> Tensor:
        ctx.packing = packing
        return _collect(rows, packing)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        return gradient.index_select(0, ctx.packing.sources), None


def _collect(rows: Tensor, packing: Packing) -> Tensor:
    collected = rows.new_empty(packing.size * packing.n_heads, rows.shape[1])
    torch.index_select(rows, 0, packing.slots, out=collected[: len(packing.slots)])
    collected[len(packing.slots) :] = 0
    return collected
