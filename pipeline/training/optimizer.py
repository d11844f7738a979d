"""AdamW with a learning rate for each part and depth of the model, and its schedule."""

from collections.abc import Callable, Mapping

import torch
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR

from pipeline.training.depth import count_layers, is_embedding, layers_from_top


def classifier_groups(
    model: nn.Module, learning_rate: Mapping[str, float], weight_decay: float, layer_decay: float
) -> list[dict[str, object]]:
    """Return the parameter groups of a classifier: `embeddings`, `encoder`, `head`, each with and without weight decay.

    The head is everything outside `model.encoder`. In the encoder a parameter's rate is multiplied by `layer_decay`
    once for each layer that lies above its own (Howard and Ruder 2018); the embeddings lie below all layers. With
    `layer_decay` 1 there are at most six groups, otherwise two for each layer. Frozen parameters are in none.
    """
    n_layers = count_layers(model)
    groups: dict[tuple[str, int, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        part, depth = "head", 0
        if name.startswith("encoder."):
            part = "embeddings" if is_embedding(name) else "encoder"
            depth = layers_from_top(name, n_layers) if layer_decay < 1 else 0
        groups.setdefault((part, depth, is_decayed(name, parameter)), []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": learning_rate[part] * layer_decay**depth,
            "weight_decay": weight_decay if decayed else 0.0,
            "name": f"{part}, {depth} from the top, {'decayed' if decayed else 'not decayed'}",
        }
        for (part, depth, decayed), parameters in sorted(groups.items())
    ]


def is_decayed(name: str, parameter: nn.Parameter) -> bool:
    """Return whether a parameter is decayed: a matrix is; biases and the gains of normalisation keep their values."""
    return parameter.dim() > 1 and not name.endswith("bias")


def adamw(groups: list[dict[str, object]]) -> AdamW:
    """Make AdamW (Loshchilov and Hutter 2019), with one fused kernel for each group."""
    return AdamW(groups, betas=(0.9, 0.98), eps=1e-6, fused=True)


def warm_up(
    optimizer: torch.optim.Optimizer, total_steps: int, warmup_ratio: float, course: Callable[[float], float]
) -> LambdaLR:
    """Make a schedule: rates rise linearly from 0 over `warmup_ratio` of the steps, then follow `course`.

    `course` takes the progress since the end of the warm-up, from 0 to 1 after the last step, and gives a factor.
    """
    warmup = max(1, round(total_steps * warmup_ratio))

    def factor(step: int) -> float:
        progress = (step - warmup) / max(1, total_steps - warmup)
        return min((step + 1) / warmup, max(0.0, course(min(max(progress, 0.0), 1.0))))

    return LambdaLR(optimizer, factor)
