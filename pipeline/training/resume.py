"""Training that can be killed at any step and ends with the same bytes."""

from pathlib import Path
from typing import Any

import torch

from pipeline.artifacts.atomic import atomic_path

# Writing the state of a base-size encoder takes seconds; what a kill costs is at most the time since.
SECONDS_BETWEEN_SAVES = 300.0


def save_state(
    path: Path, parts: dict[str, Any], generator: torch.Generator | None, device: str, rest: dict[str, Any]
) -> None:
    """Write everything that the next step depends on, whole or not at all.

    Args:
        path: the file; an older one is replaced.
        parts: what has a `state_dict`: model, optimiser, schedule.
        generator: of the masks, where there are any.
        device: whose random numbers dropout draws.
        rest: numbers, tensors, and lists and mappings of these.
    """
    random = {"cpu": torch.get_rng_state()}
    if generator is not None:
        random["masks"] = generator.get_state()
    if device.startswith("cuda"):
        random["cuda"] = torch.cuda.get_rng_state(device)
    state = {name: part.state_dict() for name, part in parts.items()}
    with atomic_path(path) as temporary:
        torch.save({"parts": state, "random": random, "rest": rest}, temporary)


def load_state(path: Path, parts: dict[str, Any], generator: torch.Generator | None, device: str) -> dict[str, Any]:
    """Put what `save_state` wrote back where it came from: → `rest`, its tensors on the CPU."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state["parts"][name])
    if generator is not None:
        generator.set_state(state["random"]["masks"])
    torch.set_rng_state(state["random"]["cpu"])
    if "cuda" in state["random"]:
        torch.cuda.set_rng_state(state["random"]["cuda"], device)
    rest: dict[str, Any] = state["rest"]
    return rest
