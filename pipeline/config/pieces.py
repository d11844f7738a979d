"""A piece in `params.yaml`: one of the registry's words, alone or with arguments.

`loss: dice` takes its arguments from `defaults.losses.dice`; `loss: {name: dice, alpha: 0.2}` overrides one of them.
The arguments and their types are those of the piece itself, so a new piece needs no change here.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo, create_model
from pydantic_core import PydanticCustomError

from pipeline import registry
from pipeline.config.messages import one_of

TYPES: dict[str, Any] = {"int": int, "float": float, "bool": bool, "str": str}


def piece(family: str) -> Any:
    """The type of a params field that holds one piece of a registry family: a dict with `name` and all arguments."""
    return Annotated[dict[str, Any], BeforeValidator(_checker(family))]


def word(family: str) -> Any:
    """The type of a params field that holds one bare word of a registry family."""

    def check(value: Any) -> Any:
        if value not in registry.words(family):
            raise PydanticCustomError("word", "{message}", {"message": one_of(value, registry.words(family))})
        return value

    return Annotated[str, BeforeValidator(check)]


def _checker(family: str) -> Callable[[Any, ValidationInfo], dict[str, Any]]:
    def check(value: Any, info: ValidationInfo) -> dict[str, Any]:
        given = {"name": value} if isinstance(value, str) else value
        if not isinstance(given, Mapping) or "name" not in given:
            raise _error(f"got {value!r}, a word or a mapping with `name` is allowed: {', '.join(registry.words(family))}")
        name = given["name"]
        if name not in registry.words(family):
            raise _error(one_of(name, registry.words(family)))
        defaults = (info.context or {}).get("defaults", {}).get(family) or {}
        arguments = {**(defaults.get(name) or {}), **{key: val for key, val in given.items() if key != "name"}}
        return {"name": name, **_typed(family, name, arguments)}

    return check


def _typed(family: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        arg.name: (TYPES.get(arg.annotation, Any), ... if arg.required else None)
        for arg in registry.arguments(family, name)
    }
    model: type[BaseModel] = create_model(name, __config__=ConfigDict(extra="forbid", strict=False), **fields)
    try:
        return model.model_validate(arguments).model_dump(exclude_unset=True)
    except ValidationError as invalid:
        problem = invalid.errors()[0]
        argument = str(problem["loc"][0])
        if problem["type"] == "missing":
            raise _error(f"{name} needs {argument!r}: give it here or under defaults.{family}.{name}") from None
        if problem["type"] == "extra_forbidden":
            raise _error(f"{name} has no argument {one_of(argument, list(fields))}") from None
        raise _error(f"{name}.{argument}: got {problem['input']!r}, {problem['msg'].lower()}") from None


def _error(message: str) -> PydanticCustomError:
    return PydanticCustomError("piece", "{message}", {"message": message})
