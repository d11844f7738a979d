"""Sections from JSON."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel


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
