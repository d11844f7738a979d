"""Cleaning: steps by name, applied in the order of `params.yaml`.

A step is a pure function from one text to one text in a file of its own, and one line in `pipeline.registry`
under `cleaning`. Steps know nothing of each other; where the order of two matters, their docstrings say so.
"""

from collections.abc import Sequence

from pipeline import registry


def clean(texts: Sequence[str], steps: Sequence[str]) -> list[str]:
    """Apply the named steps, one after the other, to every text: [N] → [N], in the same order, none dropped.

    Raises ValueError for a name that the registry does not know.
    """
    unknown = [step for step in steps if step not in registry.words("cleaning")]
    if unknown:
        raise ValueError(f"no cleaning step {unknown[0]!r}; known: {', '.join(registry.words('cleaning'))}")
    cleaned = list(texts)
    for step in steps:
        function = registry.load("cleaning", step)
        cleaned = [function(text) for text in cleaned]
    return cleaned
