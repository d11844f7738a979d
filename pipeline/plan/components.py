"""The words of the registry that a stage loads for an entry of params.yaml."""

import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pipeline import registry
from pipeline.artifacts.paths import ALIGNED, DATA, ENCODERS, PRETRAINED, VECTORS
from pipeline.config.pieces import Component


def components_of(entry: BaseModel) -> list[tuple[str, str]]:
    """The words at or below an entry, each with its family: those of the fields that the schema marks as components."""
    return list(dict.fromkeys(_below(entry, [])))


def implied_components(stage: str, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The words that a stage loads without being given them: what stands for a kind, and what reads texts for it."""
    if stage == "train_vectors":
        return [("vectors", entry["kind"]) for entry in settings["vectors"].values()]
    if stage == "augment":
        return [word for copies in settings["augment"].values() for word in _words_of_vectors(copies)]
    if stage == "lengths":
        return [word for member in settings["members"].values() for word in _words_of_lengths(member)]
    if stage in ("finetune", "predict"):
        return [word for m in settings["members"].values() for word in (("kinds", m["kind"]), *_readers(m))]
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
    """The families of which a field of this type holds words, one or a list of them."""
    found = [data.family for data in getattr(annotation, "__metadata__", ()) if isinstance(data, Component)]
    return found + [family for part in typing.get_args(annotation) for family in _families(part)]


def _readers(member: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The words that read texts for what a member starts from.

    What vectors are made of stands in their folder, which is not there yet: any kind and any segmentation. A folder of
    one's own may be of either sort.
    """
    source = Path(member["from"])
    segments = [component["segment"] for component in member.get("sequence", []) if "segment" in component]
    of_tokens = [("readers", "tokens_in_words"), ("segmentation", segments[0])] if segments else [("readers", "tokens")]
    of_words = [("segmentation", word) for word in registry.words("segmentation")]
    if member["kind"] == "neural":
        of_words.append(("readers", "words"))
    else:
        of_words += [("vectors", word) for word in registry.words("vectors")]
    if member["kind"] == "linear" or VECTORS in source.parents:
        return of_words
    return of_tokens if _holds_tokens(source) else [*of_tokens, *of_words]


def _words_of_lengths(member: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The words that split texts whose length is counted in words."""
    return [] if _holds_tokens(Path(member["from"])) else [("segmentation", w) for w in registry.words("segmentation")]


def _words_of_vectors(copies: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The words that split texts as the vectors do from which synonyms are taken."""
    if DATA in Path(copies["from"]).parents:
        return []
    return [("segmentation", word) for word in registry.words("segmentation")]


def _holds_tokens(source: Path) -> bool:
    """Whether a path is one of an encoder that a stage has made."""
    return any(folder in source.parents for folder in (PRETRAINED, ALIGNED, ENCODERS))
