"""Building the sections of `params.yaml` from JSON."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel


def build(annotation: Any, value: Any) -> Any:
    """Build a field's value from JSON, by its type: a section of a mapping, sections of a mapping of mappings."""
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
    """Yield the types that an annotation allows for a value."""
    parts = get_args(annotation)
    if not parts or get_origin(annotation) is dict:
        yield annotation
        return
    for part in parts:
        yield from _options(part)


def _is_of(model: type[BaseModel], value: Mapping[str, Any]) -> bool:
    """Say whether a mapping is a section of type `model`: a section that says its kind has to say the same one."""
    kind = model.model_fields.get("kind")
    return kind is None or value.get("kind") in get_args(kind.annotation)
