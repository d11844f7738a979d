"""Build a classifier from an encoder's directory and the words of a recipe."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModel

import pipeline.models.nezha  # noqa: F401  (registers NEZHA with AutoModel)
from pipeline import registry
from pipeline.models.attention import choose_attention_by_tensor
from pipeline.models.byte_dropout import use_byte_dropout
from pipeline.models.classifier import TextClassifier
from pipeline.models.dropout import set_dropout
from pipeline.models.head import ClassificationHead


def build_classifier(
    directory: Path, n_classes: int, recipe: Mapping[str, Any], *, with_weights: bool = True
) -> TextClassifier:
    """A classifier over the encoder of a Hugging Face directory, in fp32.

    `recipe` holds layers, sequence, poolers, combine, dropout and head, as in params.yaml with every default filled in.
    `with_weights=False` reads the encoder's `config.json` only; the weights are to be loaded over it.
    """
    config = AutoConfig.from_pretrained(directory, local_files_only=True)
    layers = registry.make("layers", recipe["layers"], config.hidden_size, config.num_hidden_layers)
    encoder = load_encoder(config, directory if with_weights else None, recipe["dropout"])
    sequence: list[nn.Module] = []
    width = layers.output_size
    for piece in recipe["sequence"]:
        sequence.append(registry.make("sequence", piece, width))
        width = sequence[-1].output_size
    poolers = [registry.make("poolers", piece, width) for piece in recipe["poolers"]]
    pooled = width * len(poolers) if recipe["combine"] == "concat" else width
    head = ClassificationHead(pooled, n_classes, **recipe["head"])
    classifier = TextClassifier(encoder, layers, sequence, poolers, recipe["combine"], head)
    choose_attention_by_tensor(encoder)
    use_byte_dropout(classifier)
    return classifier


def load_encoder(config: Any, directory: Path | None, dropout: float) -> nn.Module:
    """The encoder that a configuration describes, in fp32, with its dropout set and without its own pooler.

    With a directory the weights are those that lie there, without one they are fresh.
    """
    auto_model: Any = AutoModel
    set_dropout(config, dropout)
    # fp32 both times: the default is the checkpoint's own dtype, which would round weights that were trained in fp32.
    if directory is None:
        encoder = auto_model.from_config(config, dtype=torch.float32)
    else:
        encoder = auto_model.from_pretrained(directory, config=config, local_files_only=True, dtype=torch.float32)
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None  # ours takes its place; unused, it would only cost time and optimiser state
    return encoder  # type: ignore[no-any-return]
