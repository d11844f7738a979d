"""The words of the registry that a stage loads for an entry of params.yaml."""

import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pipeline import registry
from pipeline.artifacts.paths import DATA
from pipeline.config.schema import Params
from pipeline.fields.components import Component
from pipeline.members.recipe import recipe_module


def components_of(entry: BaseModel) -> list[str]:
    """List the words at or below an entry, each with its family, from fields that the schema marks as components."""
    return [f"{family}.{word}" for family, word in dict.fromkeys(_below(entry, []))]


def implied_components(stage: str, params: Params) -> list[str]:
    """List what a stage loads without being given its name: words of the registry, or definitions of a member kind."""
    if stage == "lengths":
        kinds = [member.kind for member in params.members.values()]
        return [f"{recipe_module(kind)}:MAX_LENGTH_CUTS" for kind in kinds] + _named(_segmentations())
    if stage == "train_vectors":
        return [f"vectors.{entry.kind}" for entry in params.vectors.values()]
    if stage == "augment":
        has_words = any(DATA not in Path(copies.from_).parents for copies in params.augment.values())
        return _named(_segmentations()) if has_words else []
    if stage in ("finetune", "predict"):
        return [name for m in params.members.values() for name in (f"kinds.{m.kind}", *_named(m.loads()))]
    return []


def _below(node: Any, families: list[str]) -> Iterator[tuple[str, str]]:
    if isinstance(node, BaseModel):
        for name, field in type(node).model_fields.items():
            if not hasattr(node, name):
                continue  # of params of which the entry reads a part
            marked = [data.family for data in field.metadata if isinstance(data, Component)]
            yield from _below(getattr(node, name), marked + _families(field.annotation))
    elif isinstance(node, Mapping) and families:
        yield from ((family, node["name"]) for family in families)
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from _below(value, families)
    elif isinstance(node, list):
        for value in node:
            yield from _below(value, families)
    elif isinstance(node, str):
        yield from ((family, node) for family in families)


def _families(annotation: Any) -> list[str]:
    """List the families of which a field of this type holds words, a single word or a list of words."""
    found = [data.family for data in getattr(annotation, "__metadata__", ()) if isinstance(data, Component)]
    return found + [family for part in typing.get_args(annotation) for family in _families(part)]


def _segmentations() -> list[tuple[str, str]]:
    """List all words of segmentation: which one vectors use stands in their folder, which is not there yet."""
    return [("segmentation", word) for word in registry.words("segmentation")]


def _named(words: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{family}.{word}" for family, word in words]
