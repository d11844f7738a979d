"""Encoders made from scratch: from a shape to a masked language model with fresh weights."""

import math
from typing import Any

from pipeline.models.nezha import NezhaConfig, NezhaForMaskedLM


def bert(
    *, vocab_size: int, layers: int, hidden: int, heads: int, intermediate: int, max_length: int, dropout: float
) -> Any:
    """BERT (Devlin et al. 2019, arXiv:1810.04805): learned absolute positions."""
    from transformers import BertConfig, BertForMaskedLM

    return BertForMaskedLM(BertConfig(**_shape(vocab_size, layers, hidden, heads, intermediate, max_length, dropout)))


def nezha(
    *, vocab_size: int, layers: int, hidden: int, heads: int, intermediate: int, max_length: int, dropout: float
) -> Any:
    """NEZHA (Wei et al. 2019, arXiv:1909.00204): functional relative positions in attention."""
    return NezhaForMaskedLM(NezhaConfig(**_shape(vocab_size, layers, hidden, heads, intermediate, max_length, dropout)))


def _shape(
    vocab_size: int, layers: int, hidden: int, heads: int, intermediate: int, max_length: int, dropout: float
) -> dict[str, Any]:
    return {
        "vocab_size": vocab_size,
        "num_hidden_layers": layers,
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "intermediate_size": intermediate,
        "max_position_embeddings": max_length,
        # BERT's 0.02 belongs to 768 dimensions; at 128 a model of that scale stays at the words' frequencies for long.
        "initializer_range": 0.02 * math.sqrt(768 / hidden),
        "hidden_dropout_prob": dropout,
        "attention_probs_dropout_prob": 0.0,
        "pad_token_id": 0,
    }
