"""Build a classifier from an encoder's directory and the words of a recipe."""

from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModel

import pipeline.models.nezha  # noqa: F401  (registers NEZHA with AutoModel)
from pipeline import registry
from pipeline.models.classifier import TextClassifier
from pipeline.models.dropout import set_dropout
from pipeline.models.head import ClassificationHead


def load_encoder(directory: Path, dropout: float, *, with_weights: bool = True) -> nn.Module:
    """The encoder of a Hugging Face directory, in fp32, with its dropout set and without its own pooler.

    `with_weights=False` reads `config.json` only; the weights are to be loaded over it.
    """
    auto_model: Any = AutoModel
    config = AutoConfig.from_pretrained(directory, local_files_only=True)
    set_dropout(config, dropout)
    # fp32 both times: the default is the checkpoint's own dtype, which would round weights that were trained in fp32.
    if with_weights:
        encoder = auto_model.from_pretrained(directory, config=config, local_files_only=True, dtype=torch.float32)
    else:
        encoder = auto_model.from_config(config, dtype=torch.float32)
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None  # ours takes its place; unused, it would only cost time and optimiser state
    return encoder  # type: ignore[no-any-return]


def build_classifier(
    encoder: nn.Module, n_classes: int, pooler: dict[str, Any], head: dict[str, Any]
) -> TextClassifier:
    """A classifier over `encoder`. `pooler` is a word with its arguments, `head` the head's arguments."""
    hidden_size = int(encoder.config.hidden_size)  # type: ignore[union-attr,arg-type]
    arguments = {key: value for key, value in pooler.items() if key != "name"}
    pooling = registry.load("poolers", pooler["name"])(hidden_size, **arguments)
    return TextClassifier(encoder, pooling, ClassificationHead(hidden_size, n_classes, **head))
