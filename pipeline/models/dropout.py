"""Dropout of an encoder, under whichever names its configuration has."""

from typing import Any

HIDDEN = ("hidden_dropout_prob", "hidden_dropout", "dropout", "embedding_dropout", "mlp_dropout")
ATTENTION = ("attention_probs_dropout_prob", "attention_dropout")


def set_dropout(config: Any, p: float) -> None:
    """Set the hidden dropout of a Hugging Face configuration to `p` and switch attention dropout off.

    Dropping attention weights keeps PyTorch from its fast attention kernels on a CPU; hidden dropout regularises the
    same paths.
    """
    for name in HIDDEN:
        if hasattr(config, name):
            setattr(config, name, p)
    for name in ATTENTION:
        if hasattr(config, name):
            setattr(config, name, 0.0)
