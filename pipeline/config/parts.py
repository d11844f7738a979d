"""A part of the params: the keys that one stage reads, as JSON and back as params."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.config.schema import Params
from pipeline.fields.build import build


def part_of(params: Params, locations: Iterable[str], name: str | None = None) -> dict[str, Any]:
    """Take the values at some locations of the params, in the shape of params.yaml, every default filled in.

    `encoders.*.align` is that of the entry `name`, or of every entry where there is no name. A location that is not
    there gives nothing: kinds of members have different keys.
    """
    whole = params.model_dump(by_alias=True, mode="json")
    part: dict[str, Any] = {}
    for location in locations:
        _copy(whole, part, [name if key == "*" and name is not None else key for key in location.split(".")])
    return part


def as_params(part: Mapping[str, Any]) -> Params:
    """Rebuild params from a part that `part_of` took; reading a value that was not taken raises AttributeError.

    Nothing is checked: every value was checked when the params were loaded.
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
