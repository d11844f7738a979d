"""How many tokens, padding included, are read at a time where nothing is trained."""

import torch

ON_CPU = 2048  # activations that caches hold: docs/performance.md
ON_GPU = 8192


def batch_tokens(device: str) -> int:
    """The tokens of a batch on `device`."""
    return ON_CPU if torch.device(device).type == "cpu" else ON_GPU
