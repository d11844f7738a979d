"""Read `params.yaml`: fill the defaults in, check everything, report all errors at once."""

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pipeline.config import schema
from pipeline.config.messages import describe
from pipeline.config.schema import Params
from pipeline.config.toy import shrink_to_toy
from pipeline.errors import UserError

# Which defaults stand behind which entries: the defaults' key -> the paths of the mappings they fill.
# A `*` stands for every name in the mapping.
FILLED_FROM = {
    "masked_lm": ("scratch.*.mlm", "encoders.*.post_train"),
    "align": ("encoders.*.align",),
    "tfidf": ("vectors.*",),
}


def load_params(path: Path = Path("params.yaml")) -> Params:
    """The checked params, every default filled in; with `toy: true`, shrunk to a size for tests.

    Raises UserError with every problem of the file, each with its full key, what was got and what is allowed.
    """
    raw = _read_yaml(path)
    try:
        params = Params.model_validate(fill_defaults(raw), context={"defaults": raw.get("defaults") or {}})
    except ValidationError as invalid:
        lines = sorted({_line(error, raw) for error in invalid.errors()})
        count = "1 error" if len(lines) == 1 else f"{len(lines)} errors"
        raise UserError(f"{path}: {count}\n" + "\n".join(f"  {line}" for line in lines)) from None
    return shrink_to_toy(params) if params.toy else params


def fill_defaults(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The params as written, with each entry laid over the defaults of its kind. Nothing is checked here."""
    filled: dict[str, Any] = _copy(raw)
    defaults = filled.get("defaults")
    if not isinstance(defaults, dict):
        return filled
    for key, paths in FILLED_FROM.items():
        for target in paths:
            _fill(filled, target.split("."), defaults.get(key))
    members = filled.get("members")
    if isinstance(members, dict):
        for name, member in members.items():
            if isinstance(member, dict) and member.get("kind") in schema.MEMBER_MODELS:
                members[name] = _overlay(defaults.get(member["kind"]), member)
    return filled


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        # DVC's own parser: in YAML 1.2 `on` is a word and `1e-3` a number, in PyYAML's 1.1 they are not.
        raw = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: not found. Run from the project's root, or copy a file of profiles/ there") from None
    except YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(raw, dict):
        raise UserError(f"{path}: got {type(raw).__name__}, a mapping of sections is allowed; see profiles/")
    return raw


def _fill(node: Any, keys: list[str], defaults: Any) -> None:
    if not isinstance(node, dict):
        return
    key, rest = keys[0], keys[1:]
    for name in list(node) if key == "*" else [key]:
        if rest:
            _fill(node.get(name), rest, defaults)
        elif key == "*" or name in node:
            node[name] = _overlay(defaults, node[name])


def _overlay(defaults: Any, given: Any) -> Any:
    """`given` over `defaults`, mapping by mapping; a piece (a mapping with `name`) replaces the default piece whole."""
    if given is None and isinstance(defaults, dict):
        return None
    if not isinstance(defaults, dict) or not isinstance(given, dict):
        return given
    if "name" in given:
        return given
    merged = dict(defaults)
    for key, value in given.items():
        merged[key] = _overlay(defaults.get(key), value) if key in defaults else value
    return merged


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _line(error: ErrorDetails, raw: Mapping[str, Any]) -> str:
    """`members.bert-ce.loss: got 'dise', …`; a problem that comes from the defaults is reported there, once."""
    location = [str(part) for part in error["loc"] if part not in ("[key]", *schema.MEMBER_MODELS)]
    message = describe(error, _known_keys(location, raw))
    if not location:
        return message
    return f"{'.'.join(_where_written(location, error, raw))}: {message}"


def _where_written(location: list[str], error: ErrorDetails, raw: Mapping[str, Any]) -> list[str]:
    if error["type"] == "missing" or _has(raw, location):
        return location
    dotted = ".".join(location)
    for key, paths in FILLED_FROM.items():
        for target in paths:
            depth = len(target.split("."))
            if all(a in ("*", b) for a, b in zip(target.split("."), location, strict=False)) and len(location) > depth:
                return ["defaults", key, *location[depth:]]
    if dotted.startswith("members.") and len(location) > 2:
        kind = raw["members"][location[1]].get("kind")
        return ["defaults", str(kind), *location[2:]]
    return location


def _has(node: Any, location: list[str]) -> bool:
    for part in location:
        if isinstance(node, Mapping) and part in node:
            node = node[part]
        elif isinstance(node, list) and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        else:
            return False
    return True


def _known_keys(location: list[str], raw: Mapping[str, Any]) -> list[str]:
    """The keys that are allowed beside the last one of `location`."""
    model: Any = Params
    for depth, part in enumerate(location[:-1]):
        if model is None:
            return []
        if location[0] == "members" and depth == 1:
            model = schema.MEMBER_MODELS.get(raw["members"][part].get("kind"))
        elif isinstance(model, NamedModels):
            model = model.each
        else:
            annotations = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
            model = _model_inside(annotations.get(part))
    return [] if model is None else [field.alias or name for name, field in model.model_fields.items()]


@dataclass(frozen=True)
class NamedModels:
    """A mapping of the user's names to entries of one model."""

    each: type[BaseModel]


def _model_inside(annotation: Any) -> type[BaseModel] | NamedModels | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in typing.get_args(annotation):
        found = _model_inside(argument)
        if isinstance(found, type):
            return NamedModels(found) if typing.get_origin(annotation) is dict else found
    return None
