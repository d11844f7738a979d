"""Cleaning: steps by name, applied in the order of `params.yaml`.

A step is a pure function from one text to one text, in a file with its kin, and one line in `pipeline.registry` under
`cleaning`. Steps know nothing of each other; docs/cleaning.md shows what each does and which orders are good.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from pipeline import registry

# A word of the registry, or a mapping of its `name` and its arguments.
Step = str | Mapping[str, Any]


def clean(texts: Sequence[str], steps: Sequence[Step]) -> list[str]:
    """Apply the steps, one after the other, to every text: [N] → [N], in the same order, none dropped.

    Raises ValueError for a name that the registry does not know.
    """
    cleaned = list(texts)
    for function in [load_step(step) for step in steps]:
        cleaned = [function(text) for text in cleaned]
    return cleaned


def load_step(step: Step) -> Callable[[str], str]:
    """Load the function of a step, arguments filled in. Raises ValueError for a name that is not in the registry."""
    arguments = {} if isinstance(step, str) else {key: value for key, value in step.items() if key != "name"}
    word = step_name(step)
    if word not in registry.words("cleaning"):
        raise ValueError(f"no cleaning step {word!r}; known: {', '.join(registry.words('cleaning'))}")
    function: Callable[..., str] = registry.load("cleaning", word)
    return partial(function, **arguments) if arguments else function


def step_name(step: Step) -> str:
    """Return the registry's word for a step."""
    return step if isinstance(step, str) else str(step["name"])
