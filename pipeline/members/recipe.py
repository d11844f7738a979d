"""A member's recipe, as its kind reads it."""

from collections.abc import Mapping
from typing import Any


def recipe_of(settings: Mapping[str, Any], member: str) -> dict[str, Any]:
    """The recipe of a member in the settings of its plan: its own keys, its name, and the precision of training."""
    return {"name": member, **settings["members"][member], **settings.get("runtime", {})}
