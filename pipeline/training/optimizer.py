"""AdamW with a learning rate for each part of the model, and its schedule."""

from collections.abc import Mapping

import torch
from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR


def classifier_groups(
    model: nn.Module, learning_rate: Mapping[str, float], weight_decay: float
) -> list[dict[str, object]]:
    """Parameter groups of a classifier: `embeddings`, `encoder` and `head`, each with and without weight decay.

    The head is everything outside `model.encoder`; the embeddings are what the encoder keeps under `embeddings`.
    """
    groups: dict[tuple[str, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not name.startswith("encoder."):
            part = "head"
        elif ".embeddings." in f".{name}":
            part = "embeddings"
        else:
            part = "encoder"
        groups.setdefault((part, is_decayed(name, parameter)), []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": learning_rate[part],
            "weight_decay": weight_decay if decayed else 0.0,
            "name": f"{part}, {'decayed' if decayed else 'not decayed'}",
        }
        for (part, decayed), parameters in sorted(groups.items())
    ]


def is_decayed(name: str, parameter: nn.Parameter) -> bool:
    """Weight decay is for matrices; biases and the gains of layer normalisation keep their values."""
    return parameter.dim() > 1 and not name.endswith("bias")


def adamw(groups: list[dict[str, object]]) -> AdamW:
    """AdamW (Loshchilov and Hutter 2019), one fused kernel for each group."""
    return AdamW(groups, betas=(0.9, 0.98), eps=1e-6, fused=True)


def warmup_linear(optimizer: torch.optim.Optimizer, total_steps: int, warmup_ratio: float) -> LambdaLR:
    """Learning rates rise linearly from 0 over `warmup_ratio` of the steps, then fall linearly to 0."""
    warmup = max(1, round(total_steps * warmup_ratio))

    def factor(step: int) -> float:
        return min((step + 1) / warmup, max(0.0, (total_steps - step) / max(1, total_steps - warmup)))

    return LambdaLR(optimizer, factor)
