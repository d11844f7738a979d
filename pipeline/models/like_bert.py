"""Encoders whose layers are BERT's, name by name, so that parts of them can be computed in another way."""

from typing import Any

from pipeline.models.attention import NAME

# Those of ALBERT, DeBERTa and ModernBERT are others.
LIKE_BERT = ("bert", "camembert", "electra", "ernie", "roberta", "xlm-roberta")


def bert_layers(encoder: Any) -> Any | None:
    """Return an encoder's layers, from the first to the last; None where they are neither BERT's nor NEZHA's."""
    config = encoder.config
    model_type = getattr(config, "model_type", None)  # word vectors have none
    is_like_bert = model_type in LIKE_BERT and not config.is_decoder and not config.chunk_size_feed_forward
    return encoder.encoder.layer if is_like_bert or model_type == "nezha" else None


def attends_as_ours(encoder: Any) -> bool:
    """Return whether the layers are BERT's with `use_fastest_attention`, or NEZHA's with their own attention."""
    layers_fit = bert_layers(encoder) is not None
    return layers_fit and (encoder.config.model_type == "nezha" or encoder.config._attn_implementation == NAME)
