"""The classes: their names, their order, and their parents in a hierarchy."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

INTEGER = re.compile(r"-?\d+")


class LabelSet(NamedTuple):
    """The C classes in the order of every logits column, and their hierarchy, if they have one."""

    names: list[str]  # [C]
    parents: list[str]  # [P], sorted
    parent_ids: list[int]  # [C], index into parents; empty without a hierarchy


def make_label_set(labels: Iterable[str], level_separator: str | None = None) -> LabelSet:
    """Collect the classes among the labels, in natural order, with their parents where names have levels.

    A parent is what stands before the first separator: `1-9` → `1`; a name without separator is its own
    parent.
    """
    names = sort_labels(labels)
    if not level_separator:
        return LabelSet(names, [], [])
    of_each = [name.split(level_separator, 1)[0] for name in names]
    parents = sort_labels(of_each)
    return LabelSet(names, parents, [parents.index(parent) for parent in of_each])


def as_label_set(stored: Mapping[str, Any]) -> LabelSet:
    """Return the LabelSet of the classes as data/prepared/labels.json holds them."""
    return LabelSet(stored["labels"], stored.get("parents", []), stored.get("parent_ids", []))


def sort_labels(labels: Iterable[str]) -> list[str]:
    """Sort the distinct labels, by value where all are whole numbers ("2" before "10"), else by code points."""
    names = sorted(set(labels))
    if all(INTEGER.fullmatch(name) for name in names):
        return sorted(names, key=int)  # stable, so "07" and "7" keep the order of their code points
    return names


def encode_labels(labels: Sequence[str], names: Sequence[str]) -> NDArray[np.int32]:
    """Return the index of each label among the class names: [N] strings → [N].

    Raises ValueError for a label that is not among the names.
    """
    index = {name: number for number, name in enumerate(names)}
    unknown = sorted({label for label in labels if label not in index})
    if unknown:
        raise ValueError(f"label {unknown[0]!r} is not one of the {len(names)} classes")
    return np.array([index[label] for label in labels], dtype=np.int32)
