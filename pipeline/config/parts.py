"""A part of the params: the keys that one stage reads, as JSON and back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from pipeline.config.schema import Params


def part_of(params: Params, locations: Iterable[str], name: str | None = None) -> dict[str, Any]:
    """The values at some locations, in the shape of params.yaml, every default filled in.

    `encoders.*.align` is that of the entry `name`, or of every entry where there is no name. A location that is not
    there gives nothing: kinds of members have different keys.
    """
    whole = params.model_dump(by_alias=True, mode="json")
    part: dict[str, Any] = {}
    for location in locations:
        _copy(whole, part, [name if key == "*" and name is not None else key for key in location.split(".")])
    return part


def as_params(part: Mapping[str, Any]) -> Params:
    """The params of which `part_of` took a part: what was not taken is not there, and reading it an AttributeError.

    Nothing is checked: all of it was when the params were loaded.
    """
    params: Params = build(Params, part)
    return params


def _copy(source: Mapping[str, Any], target: dict[str, Any], keys: Sequence[str]) -> None:
    first, *rest = keys
    for key in source if first == "*" else [first]:
        if key not in source:
            continue
        if rest and isinstance(source[key], Mapping):
            _copy(source[key], target.setdefault(key, {}), rest)
        else:
            target[key] = source[key]


def build(annotation: Any, value: Any) -> Any:
    """A value of a field of this type, from JSON: a section for its mapping, sections for a mapping of mappings."""
    if not isinstance(value, Mapping):
        return value
    for option in _options(annotation):
        if get_origin(option) is dict:
            return {key: build(get_args(option)[1], item) for key, item in value.items()}
        if isinstance(option, type) and issubclass(option, BaseModel) and _is_of(option, value):
            fields = {field.alias or name: field.annotation for name, field in option.model_fields.items()}
            built = option.model_construct(**{key: build(fields[key], item) for key, item in value.items()})
            for name, field in option.model_fields.items():
                if (field.alias or name) not in value:
                    built.__dict__.pop(name, None)  # a default, which was not taken either
            return built
    return value


def _options(annotation: Any) -> Iterator[Any]:
    """The types of which a value may be one."""
    parts = get_args(annotation)
    if not parts or get_origin(annotation) is dict:
        yield annotation
        return
    for part in parts:
        yield from _options(part)


def _is_of(model: type[BaseModel], value: Mapping[str, Any]) -> bool:
    """Whether a mapping is a section of this type: of sections that say their kind, it has to be the same."""
    kind = model.model_fields.get("kind")
    return kind is None or value.get("kind") in get_args(kind.annotation)
