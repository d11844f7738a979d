"""A piece in `params.yaml`: one of the registry's words, alone or with arguments.

`loss: dice` takes its arguments from `defaults.losses.dice`; `loss: {name: dice, alpha: 0.2}` overrides one of them.
The arguments and their types are those of the piece itself, so a new piece needs no change here.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, create_model
from pydantic_core import PydanticCustomError

from pipeline import registry
from pipeline.fields.messages import describe, one_of, show

# What an annotation in a piece's signature may be made of, ranges last; any other is not checked here.
ANNOTATIONS: dict[str, Any] = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "list": list,
    "Literal": Literal,
    "AtLeastOne": Annotated[int, Field(ge=1)],
    "Positive": Annotated[float, Field(gt=0)],
    "NotNegative": Annotated[float, Field(ge=0)],
    "BelowOne": Annotated[float, Field(ge=0, lt=1)],
    "SomeOf": Annotated[float, Field(gt=0, le=1)],
    "Names": Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)],
    "Widths": Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)],
}


class Component(NamedTuple):
    """The mark of a schema field that holds words of a registry family; the marks tell what an entry loads."""

    family: str


class Problem(NamedTuple):
    """A problem in params.yaml: its place, as keys from the root of the file, and a message that says what is wrong."""

    location: tuple[str | int, ...]
    message: str


def piece(family: str) -> Any:
    """Return the type of a params field that holds a piece of a registry family: a dict with `name` and all arguments.

    A wrong piece raises a pydantic error of type `piece`. The error's context holds `problems`, which lie inside the
    piece, and `in_defaults`, which lie under `defaults`.
    """
    return Annotated[dict[str, Any], BeforeValidator(_checker(family)), Component(family)]


def optional_piece(family: str) -> Any:
    """Return the type of a params field that holds a piece of a registry family, as `piece` does, or null."""
    check = _checker(family)

    def check_given(value: Any, info: ValidationInfo) -> dict[str, Any] | None:
        return None if value is None else check(value, info)

    return Annotated[dict[str, Any] | None, BeforeValidator(check_given), Component(family)]


def word(family: str) -> Any:
    """Return the type of a params field that holds one bare word of a registry family."""

    def check(value: Any) -> Any:
        if value not in registry.words(family):
            raise PydanticCustomError("word", "{message}", {"message": one_of(value, registry.words(family))})
        return value

    return Annotated[str, BeforeValidator(check), Component(family)]


def check_arguments(family: str, name: str, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Check arguments by the types of the piece `name`: → the typed arguments, the problems of the given ones."""
    model = _model(name, registry.arguments(family, name))
    try:
        return model.model_validate(dict(arguments)).model_dump(exclude_unset=True), []
    except ValidationError as invalid:
        known = list(model.model_fields)
        return {}, [Problem(error["loc"], describe(error, known)) for error in invalid.errors()]


@cache
def _model(name: str, arguments: tuple[registry.Argument, ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {argument.name: (_type(argument.annotation), None) for argument in arguments}
    strict = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    return create_model(name, __config__=strict, **fields)


def _checker(family: str) -> Callable[[Any, ValidationInfo], dict[str, Any]]:
    def check(value: Any, info: ValidationInfo) -> dict[str, Any]:
        words = registry.words(family)
        given = {"name": value} if isinstance(value, str) else value
        if not isinstance(given, Mapping) or "name" not in given:
            message = f"got {show(value)}, a word or a mapping with `name` is allowed; words: {', '.join(words)}"
            raise piece_error([Problem((), message)])
        name = given["name"]
        if name not in words:
            raise piece_error([Problem(("name",) if isinstance(value, Mapping) else (), one_of(name, words))])
        own = {key: argument for key, argument in given.items() if key != "name"}
        defaults = _mapping(_mapping(_mapping((info.context or {}).get("defaults")).get(family)).get(name))
        inherited = {key: argument for key, argument in defaults.items() if key not in own}
        typed, problems = check_arguments(family, name, own)
        typed_defaults, in_defaults = check_arguments(family, name, inherited)
        problems += [
            Problem((), f"{name} needs {argument.name!r}: give it here or under defaults.{family}.{name}")
            for argument in registry.arguments(family, name)
            if argument.required and argument.name not in own and argument.name not in inherited
        ]
        if problems or in_defaults:
            above = ("defaults", family, name)
            raise piece_error(problems, [Problem((*above, *where), what) for where, what in in_defaults])
        merged = typed_defaults | typed
        ordered = {a.name: merged[a.name] for a in registry.arguments(family, name) if a.name in merged}
        return {"name": name, **ordered}

    return check


def _type(annotation: str) -> Any:
    try:
        found = eval(annotation, {"__builtins__": {}}, ANNOTATIONS)  # source of ours, read from a signature
    except (NameError, TypeError):
        return Any
    return Any if isinstance(found, str) else found


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def piece_error(problems: list[Problem], in_defaults: list[Problem] | None = None) -> PydanticCustomError:
    """Make a validator's error for a wrong piece: `problems` lie inside the piece, `in_defaults` under `defaults`."""
    return PydanticCustomError("piece", "piece", {"problems": problems, "in_defaults": in_defaults or []})
