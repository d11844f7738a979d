"""The depth of a parameter in the encoder."""

import re

from torch import nn

# `encoder.layer.3.attention…` (BERT and its relatives), `layers.3.attn…` (ModernBERT); ALBERT shares one group.
LAYER = re.compile(r"\.(?:layer|layers|h|albert_layer_groups)\.(\d+)\.")

# What widens narrow embeddings belongs to them (ELECTRA, ALBERT), as do relative positions (DeBERTa).
EMBEDDING = re.compile(
    r"encoder\.(?:.*\.)?(?:embeddings|embed_tokens|wte|wpe|embeddings_project|embedding_hidden_mapping_in|rel_embeddings)\."
)


def layer_number(name: str) -> int | None:
    """Return the number of the layer that a parameter belongs to, from 0; None outside of the layers."""
    found = LAYER.search(f".{name}")
    return int(found.group(1)) if found else None


def is_embedding(name: str) -> bool:
    """Return whether a parameter of a classifier belongs to its encoder's embeddings."""
    return bool(EMBEDDING.match(name))


def count_layers(model: nn.Module) -> int:
    """Count the layers of a classifier's encoder that have weights of their own."""
    numbers = [layer_number(name) for name, _ in model.named_parameters() if name.startswith("encoder.")]
    return 1 + max((number for number in numbers if number is not None), default=-1)


def layers_from_top(name: str, n_layers: int) -> int:
    """Return how far below the encoder's top a parameter lies: 0 for the last layer, `n_layers` for the embeddings.

    A parameter of no layer, such as a final normalisation's, counts as the top.
    """
    if is_embedding(name):
        return n_layers
    number = layer_number(name)
    return 0 if number is None else n_layers - 1 - number
