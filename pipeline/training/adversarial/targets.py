"""The parameters that an attack changes."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from pipeline.errors import UserError
from pipeline.training.depth import layer_number


def find_targets(model: Any, on: Sequence[str]) -> list[nn.Parameter]:
    """The parameters of a classifier that `on` names, each once, in the model's order.

    `embeddings` is the encoder's word embeddings, `first_layer` the weights of its first layer; anything else is part
    of a parameter's name. Raises UserError for a name that finds none, and where one of them is frozen.
    """
    named = dict(model.named_parameters())
    found: set[str] = set()
    for wanted in on:
        matching = {name for name, parameter in named.items() if _is_target(model, wanted, name, parameter)}
        if not matching:
            raise UserError(
                f"adversarial.on: got {wanted!r}, which is in no parameter's name; embeddings, first_layer, or part of "
                f"a name is allowed, as in {_example(named)!r}"
            )
        found |= matching
    frozen = [name for name in named if name in found and not named[name].requires_grad]
    if frozen:
        raise UserError(f"adversarial.on: {frozen[0]} is frozen, so no attack on it has a gradient")
    return [parameter for name, parameter in named.items() if name in found]


def _is_target(model: Any, wanted: str, name: str, parameter: nn.Parameter) -> bool:
    if wanted == "embeddings":
        return parameter is model.encoder.get_input_embeddings().weight
    if wanted == "first_layer":
        return name.startswith("encoder.") and layer_number(name) == 0
    return wanted in name


def _example(named: dict[str, nn.Parameter]) -> str:
    return next(iter(named))
