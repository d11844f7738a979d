"""Gradual unfreezing: the head learns first, then the encoder joins from its top to its embeddings."""

from torch import nn

from pipeline.training.depth import count_layers, layers_from_top


def set_trained(model: nn.Module, step: int, every: int) -> None:
    """Freeze the layers of a classifier's encoder that do not train yet after `step` updates (Howard and Ruder 2018).

    For the first `every` updates the head trains alone; each `every` updates later one more layer does, from the top.
    """
    n_layers = count_layers(model)
    for name, parameter in model.named_parameters():
        if name.startswith("encoder."):
            parameter.requires_grad_(step >= (layers_from_top(name, n_layers) + 1) * every)
