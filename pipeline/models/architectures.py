"""Encoders made from scratch: from a shape to a masked language model with fresh weights."""

from typing import Any

from pipeline.models.nezha import NezhaConfig, NezhaForMaskedLM


def bert(
    *,
    vocab_size: int,
    layers: int,
    hidden: int,
    heads: int,
    intermediate: int,
    max_length: int,
    dropout: float,
    initializer_range: float = 0.02,
) -> Any:
    """BERT (Devlin et al. 2019, arXiv:1810.04805): learned absolute positions."""
    from transformers import BertConfig, BertForMaskedLM

    shape = _shape(vocab_size, layers, hidden, heads, intermediate, max_length, dropout, initializer_range)
    return BertForMaskedLM(BertConfig(**shape))


def nezha(
    *,
    vocab_size: int,
    layers: int,
    hidden: int,
    heads: int,
    intermediate: int,
    max_length: int,
    dropout: float,
    initializer_range: float = 0.02,
) -> Any:
    """NEZHA (Wei et al. 2019, arXiv:1909.00204): functional relative positions in attention."""
    shape = _shape(vocab_size, layers, hidden, heads, intermediate, max_length, dropout, initializer_range)
    return NezhaForMaskedLM(NezhaConfig(**shape))


def _shape(
    vocab_size: int,
    layers: int,
    hidden: int,
    heads: int,
    intermediate: int,
    max_length: int,
    dropout: float,
    initializer_range: float,
) -> dict[str, Any]:
    return {
        "vocab_size": vocab_size,
        "num_hidden_layers": layers,
        "hidden_size": hidden,
        "num_attention_heads": heads,
        "intermediate_size": intermediate,
        "max_position_embeddings": max_length,
        "initializer_range": initializer_range,
        "hidden_dropout_prob": dropout,
        "attention_probs_dropout_prob": 0.0,
        "pad_token_id": 0,
    }
