"""The words of the registry that an entry of params.yaml loads."""

import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pipeline import registry
from pipeline.artifacts.paths import VECTORS
from pipeline.config.pieces import Component


def components_of(entry: BaseModel) -> list[tuple[str, str]]:
    """The words at or below an entry, each with its family: those of the fields that the schema marks as components."""
    return list(dict.fromkeys(_below(entry, [])))


def components_of_member(member: Any) -> list[tuple[str, str]]:
    """What training a member loads: its kind, what reads its texts, and the words of its entry."""
    return [("kinds", member.kind), *_readers(member.model_dump(by_alias=True)), *components_of(member)]


def _below(node: Any, families: list[str]) -> Iterator[tuple[str, str]]:
    if isinstance(node, BaseModel):
        for name, field in type(node).model_fields.items():
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
    """The families of which a field of this type holds words, one or a list of them."""
    found = [data.family for data in getattr(annotation, "__metadata__", ()) if isinstance(data, Component)]
    return found + [family for part in typing.get_args(annotation) for family in _families(part)]


def _readers(recipe: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The words that read texts for what a recipe starts from.

    What vectors are made of stands in their folder, which is not there yet: any kind and any segmentation.
    """
    # settings.json is what `is_vectors` looks for; its module would bring scipy, and this is asked for in no time.
    source = Path(recipe["from"])
    if recipe["kind"] != "linear" and VECTORS not in source.parents and not (source / "settings.json").exists():
        segments = [piece["segment"] for piece in recipe.get("sequence", []) if "segment" in piece]
        if segments:
            return [("readers", "tokens_in_words"), ("segmentation", segments[0])]
        return [("readers", "tokens")]
    segmentation = [("segmentation", word) for word in registry.words("segmentation")]
    if recipe["kind"] == "neural":
        return [("readers", "words"), *segmentation]
    return [("vectors", word) for word in registry.words("vectors")] + segmentation
