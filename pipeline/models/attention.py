"""The fastest of the equal ways to compute attention, chosen tensor by tensor."""

from typing import Any

import torch
from torch import Tensor, nn

from pipeline.models.packing import Packing

NAME = "conclave"  # of our attention, among those that transformers knows
# Scores of longer texts are too large for caches, and for memory that is kept (`pipeline.runtime.memory`).
LONGEST_PREDICTED = 256


def use_fastest_attention(model: Any) -> None:
    """Let a Hugging Face model compute attention, tensor by tensor, as is fastest; what it computes stays the same.

    PyTorch's fused kernel is the fastest, but for bfloat16 on a CPU: there its backward pass took 85 to 130 ms for
    4,096 tokens where the plain formula took 15 (4 heads of 64, texts of 16 to 128 tokens, PyTorch 2.13 with
    AVX512-BF16 and AMX, one thread), and its forward pass alone, in prediction, 1.6 to 8.2 ms for 2,048 tokens where
    the plain formula took 0.9 to 7.5 (texts of 16 to 256 tokens, AVX512-BF16 without AMX). Models that do not use the
    fused kernel stay as they are.
    """
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    if getattr(model.config, "_attn_implementation", None) == "sdpa":
        AttentionInterface.register(NAME, attend)
        AttentionMaskInterface.register(NAME, sdpa_mask)
        model.set_attn_implementation(NAME)


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    packing: Packing | None = None,
    **settings: Any,
) -> tuple[Tensor, None]:
    """Attend: query [B, heads, Q, d], key, value [B, heads, T, d], bool mask [B, 1, Q or 1, T] → [B, Q, heads, d].

    Packed, all three are [1, heads, P, d], there is no mask, and the result is [1, P, heads, d].
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if packing is not None:
        query, key, value = map(packing.lay_out, (query, key, value))
        attention_mask = packing.mask[:, None, None]
    is_slow = query.device.type == "cpu" and query.dtype == torch.bfloat16
    is_slow &= query.requires_grad or key.shape[2] <= LONGEST_PREDICTED
    # Without a mask the fused kernel's caller asks the module itself, as GPT-2's do.
    is_causal = settings.get("is_causal") or (attention_mask is None and getattr(module, "is_causal", False))
    if not is_slow or settings.get("dropout") or key.shape[1] != query.shape[1] or is_causal:
        result, _ = sdpa_attention_forward(module, query, key, value, attention_mask, **settings)
        context = result.transpose(1, 2)
    else:
        context = _by_formula(query, key, value, attention_mask, settings.get("scaling"))
    return context.transpose(1, 2).contiguous() if packing is None else packing.collect(context), None


def _by_formula(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float | None) -> Tensor:
    """Compute `attend` by the plain formula, → [B, heads, Q, d]."""
    scores = (query * (query.shape[-1] ** -0.5 if scale is None else scale)) @ key.transpose(-1, -2)
    if mask is not None:
        # In place, so that the backward pass has nothing to do. Not −∞: a query of padding may see no key at all, in a
        # sliding window, and its NaN would reach real tokens.
        lowest = torch.finfo(scores.dtype).min
        scores += torch.zeros_like(mask, dtype=scores.dtype).masked_fill_(~mask, lowest)
    return scores.softmax(dim=-1) @ value
