"""Build a classifier from an encoder's directory and the words of a recipe."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn
from transformers import AutoConfig, AutoModel

import pipeline.models.nezha  # noqa: F401  (registers NEZHA with AutoModel)
from pipeline import registry
from pipeline.errors import UserError
from pipeline.models.attention import use_fastest_attention
from pipeline.models.classifier import TextClassifier
from pipeline.models.dropout import set_dropout, use_byte_dropout
from pipeline.models.heads import ClassificationHead, LevelHead
from pipeline.models.last_layer import compute_first_token_alone
from pipeline.models.like_bert import attends_as_ours
from pipeline.models.lora import add_lora
from pipeline.models.poolers import CLSPooler
from pipeline.models.word_embeddings import WordEmbeddingsConfig, load_word_embeddings, read_word_config
from pipeline.vectors.features import is_vectors


class HasParts(Protocol):
    """The part of a recipe that describes a classifier; the names are those of params.yaml, where each is explained."""

    layers: Any
    sequence: list[Any]
    poolers: list[Any]
    combine: Any
    dropout: float
    lora: Any
    head: Any
    levels: Any


def build_classifier(
    directory: Path,
    n_classes: int,
    recipe: HasParts,
    *,
    parent_ids: Sequence[int] = (),
    with_weights: bool = True,
) -> TextClassifier:
    """Build a classifier in fp32 over the encoder of a Hugging Face directory, or over a table of word vectors.

    `parent_ids` are the classes' parents where labels have levels. `with_weights=False` reads the
    encoder's `config.json` only; the weights are to be loaded over the fresh ones.

    Raises UserError for words that fit neither the encoder nor each other, and for `levels` where labels have none.
    """
    config = read_config(directory)
    layers = registry.make("layers", recipe.layers, config.hidden_size, config.num_hidden_layers)
    keep_layers(config, layers.n_layers)
    encoder = load_encoder(config, directory if with_weights else None, recipe.dropout)
    if recipe.lora is not None:
        add_lora(encoder, rank=recipe.lora.rank, alpha=recipe.lora.alpha, dropout=recipe.lora.dropout)
    sequence: list[nn.Module] = []
    width = layers.output_size
    for piece in recipe.sequence:
        sequence.append(registry.make("sequence", piece, width))
        width = sequence[-1].output_size
    poolers = [registry.make("poolers", piece, width) for piece in recipe.poolers]
    pooled = width * len(poolers) if recipe.combine == "concat" else width
    head = _head(pooled, n_classes, recipe)
    levels = None if recipe.levels is None else _level_head(pooled, n_classes, parent_ids, recipe)
    first_token_alone = not (sequence or layers.mixes_tokens) and all(isinstance(piece, CLSPooler) for piece in poolers)
    use_fastest_attention(encoder)
    if first_token_alone:
        compute_first_token_alone(encoder)
    classifier = TextClassifier(
        encoder,
        layers,
        sequence,
        poolers,
        recipe.combine,
        head,
        levels,
        first_token_alone=first_token_alone,
        packs=attends_as_ours(encoder),
    )
    use_byte_dropout(classifier)
    return classifier


def read_config(directory: Path) -> Any:
    """Read the shape of the model that lies in a directory: a Hugging Face encoder or word vectors."""
    if is_vectors(directory):
        return read_word_config(directory)
    return AutoConfig.from_pretrained(directory, local_files_only=True)


def load_encoder(config: Any, directory: Path | None, dropout: float) -> nn.Module:
    """Load the encoder that a configuration describes, in fp32, with its dropout set and without its own pooler.

    With a directory the weights are those that lie there, without a directory the weights are fresh.
    """
    if isinstance(config, WordEmbeddingsConfig):
        return load_word_embeddings(config, directory, dropout)
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


def keep_layers(config: Any, n: int) -> None:
    """Let a Hugging Face configuration describe the first `n` layers of its encoder."""
    if n == config.num_hidden_layers:
        return
    config.num_hidden_layers = n
    if getattr(config, "layer_types", None) is not None:
        config.layer_types = config.layer_types[:n]


def _head(pooled: int, n_logits: int, recipe: HasParts) -> ClassificationHead:
    return ClassificationHead(pooled, n_logits, samples=recipe.head.samples, reduce=recipe.head.reduce, p=recipe.head.p)


def _level_head(pooled: int, n_classes: int, parent_ids: Sequence[int], recipe: HasParts) -> LevelHead:
    n_parents = len(set(parent_ids))
    if n_parents in (0, n_classes):
        raise UserError(
            f"levels: got {recipe.levels.model_dump()!r}, but the labels have no levels; name what stands between them "
            "in data.level_separator, or set levels to null"
        )
    head = _head(pooled, n_parents, recipe)
    return LevelHead(head, parent_ids, recipe.levels.prediction)
