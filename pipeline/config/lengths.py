"""Texts longer than the positions of the encoder that reads them, as far as `params.yaml` tells.

A BERT made here has the positions that its entry says; NEZHA needs none. What a checkpoint from elsewhere has, the
stages find out.
"""

from collections.abc import Mapping
from typing import Any

from pipeline.config.combinations import ALIGNED, ENCODERS, PRETRAINED, as_path, entries
from pipeline.fields.components import Problem


def check_lengths(filled: Mapping[str, Any]) -> list[Problem]:
    """Find every `max_length` that is more than its encoder has positions, in params whose defaults are filled in."""
    positions: dict[str, tuple[str, int]] = {}
    problems = []
    for section, folder, training in (("scratch", PRETRAINED, "mlm"), ("encoders", ENCODERS, "post_train")):
        for name, entry in entries(filled, section).items():
            limit = _own_limit(name, entry) if section == "scratch" else _inherited(entry, positions)
            if limit is not None:
                positions[f"{folder}/{name}"] = limit
                problems += _check_length((section, name, training), entry.get(training), limit)
    for name, member in entries(filled, "members").items():
        limit = _inherited(member, positions)
        problems += _check_length(("members", name), member, limit) if limit is not None else []
    return problems


def _own_limit(name: str, scratch: Mapping[str, Any]) -> tuple[str, int] | None:
    shape = scratch.get("architecture")
    if not isinstance(shape, Mapping) or shape.get("name") != "bert" or not isinstance(shape.get("max_length"), int):
        return None
    return f"scratch.{name}.architecture.max_length", shape["max_length"]


def _inherited(entry: Mapping[str, Any], positions: Mapping[str, tuple[str, int]]) -> tuple[str, int] | None:
    source = as_path(entry.get("from"))
    above = [] if source is None else [str(source), *(str(parent) for parent in source.parents)]
    aligned = [path.replace(ALIGNED, ENCODERS) for path in above]
    return next((positions[path] for path in aligned if path in positions), None)


def _check_length(key: tuple[str, ...], settings: Any, limit: tuple[str, int]) -> list[Problem]:
    length = settings.get("max_length") if isinstance(settings, Mapping) else None
    if not isinstance(length, int) or length <= limit[1]:
        return []
    return [Problem((*key, "max_length"), f"got {length}, {limit[1]} or less is allowed: {limit[0]} is {limit[1]}")]
