"""Training that can be killed at any step and ends with the same bytes."""

import os
from pathlib import Path
from typing import Any

import torch

from pipeline.errors import UserError
from pipeline.runtime.scratch import keep_file, kept_file


def _seconds_between_saves() -> float:
    """Return the seconds between two saves: 300, or the number that `CONCLAVE_SAVE_SECONDS` sets.

    Writing the state of a base-size encoder takes seconds; a kill costs at most the time since the last save.

    The variable is for machines that may be taken away at any minute. It is one of the environment because it belongs
    to the machine and changes no result. Raises UserError for a value that is no number from 0.
    """
    written = os.environ.get("CONCLAVE_SAVE_SECONDS", "300")
    try:
        seconds = float(written)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise UserError(f"CONCLAVE_SAVE_SECONDS: got {written!r}, a number of seconds from 0 is allowed")
    return seconds


SECONDS_BETWEEN_SAVES = _seconds_between_saves()


def save_state(
    path: Path, parts: dict[str, Any], generator: torch.Generator | None, device: str, rest: dict[str, Any]
) -> None:
    """Write everything that the next step depends on, whole or not at all.

    Args:
        path: the file, as `load_state` is given it; an older one is replaced.
        parts: the objects with a `state_dict`: model, optimiser, schedule.
        generator: the generator of the masks, where there are any.
        device: the device whose random numbers dropout draws.
        rest: numbers, tensors, and lists and mappings of these.
    """
    random = {"cpu": torch.get_rng_state()}
    if generator is not None:
        random["masks"] = generator.get_state()
    if device.startswith("cuda"):
        random["cuda"] = torch.cuda.get_rng_state(device)
    state = {name: part.state_dict() for name, part in parts.items()}
    keep_file(path, lambda temporary: torch.save({"parts": state, "random": random, "rest": rest}, temporary))


def load_state(
    path: Path, parts: dict[str, Any], generator: torch.Generator | None, device: str, what: str
) -> dict[str, Any] | None:
    """Restore the state that `save_state` wrote, in place: → `rest`, its tensors on the CPU.

    Returns None where nothing was written; a damaged file is removed, with a line that begins with `what`.
    """
    file = kept_file(path, what)
    if file is None:
        return None
    state = torch.load(file, map_location="cpu", weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state["parts"][name])
    if generator is not None:
        generator.set_state(state["random"]["masks"])
    torch.set_rng_state(state["random"]["cpu"])
    if "cuda" in state["random"]:
        torch.cuda.set_rng_state(state["random"]["cuda"], device)
    rest: dict[str, Any] = state["rest"]
    return rest
