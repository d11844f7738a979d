"""From pydantic's errors to places in `params.yaml`."""

import types
import typing
from collections.abc import Container, Iterable, Sequence
from typing import Annotated, Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pipeline.config.schema import KINDS
from pipeline.fields.components import Problem
from pipeline.fields.messages import describe, one_of


def locate(
    errors: Iterable[ErrorDetails],
    model: type[BaseModel],
    root: tuple[str, ...] = (),
    hidden: Container[str] = (),
) -> list[Problem]:
    """Turn each pydantic error into a problem: its place, as keys from the root of the file, and its message.

    `model` is the type that was validated, `root` its place in the file, `hidden` the keys of `model` that messages
    leave out.
    """
    problems: list[Problem] = []
    for error in errors:
        where = (*root, *_written_keys(error["loc"], root))
        if error["type"] == "piece":
            inside, in_defaults = error["ctx"]["problems"], error["ctx"]["in_defaults"]
            problems += [Problem((*where, *place), message) for place, message in inside]
            problems += in_defaults
        elif error["type"] == "union_tag_invalid":
            problems.append(Problem((*where, "kind"), one_of(error["input"]["kind"], _kinds(error["loc"]))))
        elif error["type"] == "union_tag_not_found":
            problems.append(Problem((*where, "kind"), f"is missing; one of: {', '.join(_kinds(error['loc']))}"))
        else:
            known = [key for key in _keys_beside(model, error["loc"]) if len(error["loc"]) > 1 or key not in hidden]
            problems.append(Problem(where, describe(error, known)))
    return problems


def _written_keys(location: Sequence[int | str], root: tuple[str, ...]) -> tuple[int | str, ...]:
    """Return a location without what pydantic adds: an entry's kind after its name, and `[key]` for a bad name."""
    kinds = [] if root else _kinds(location)
    return tuple(part for depth, part in enumerate(location) if part != "[key]" and not (depth == 2 and part in kinds))


def _kinds(location: Sequence[int | str]) -> list[str]:
    """List the kinds that entries of a location's section may have; empty where entries say no kind."""
    return list(KINDS.get(str(location[0]), {})) if location else []


def _keys_beside(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """List the keys that are allowed in the section in which `location` ends."""
    node: Any = model
    for part in location[:-1]:
        node = _step(node, part)
    node = _bare(node)
    return [field.alias or name for name, field in node.model_fields.items()] if _is_model(node) else []


def _step(annotation: Any, part: int | str) -> Any:
    """Return the annotation of the value under the key `part`."""
    bare = _bare(annotation)
    if _is_model(bare):
        fields = {field.alias or name: field.annotation for name, field in bare.model_fields.items()}
        return fields.get(str(part))
    if typing.get_origin(bare) is types.UnionType:
        models = {name: model for kinds in KINDS.values() for name, model in kinds.items()}
        return models.get(str(part))  # kinds are the only unions of models
    arguments = typing.get_args(bare)
    return arguments[-1] if arguments else None


def _bare(annotation: Any) -> Any:
    """Return the annotation without `Annotated` and `| None`."""
    if typing.get_origin(annotation) is Annotated:
        return _bare(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) is types.UnionType:
        others = [argument for argument in typing.get_args(annotation) if argument is not type(None)]
        return _bare(others[0]) if len(others) == 1 else annotation
    return annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
