"""Messages about params: what was got, what is allowed, and the nearest right word."""

import difflib
from collections.abc import Sequence
from types import NoneType
from typing import Any

from pydantic_core import ErrorDetails

# pydantic's own wording is for programmers; these say the same to somebody who edits a YAML file.
PLAIN = {
    "int_type": "a whole number is allowed",
    "int_from_float": "a whole number is allowed",
    "float_type": "a number is allowed",
    "finite_number": "a finite number is allowed",
    "bool_type": "true or false is allowed",
    "string_type": "text is allowed",
    "list_type": "a list is allowed",
    "greater_than": "more than {gt:g} is allowed",
    "greater_than_equal": "{ge:g} or more is allowed",
    "less_than": "less than {lt:g} is allowed",
    "less_than_equal": "{le:g} or less is allowed",
    "too_short": "a list of {min_length} or more is allowed",
    "too_long": "a list of {max_length} or fewer is allowed",
}
# Keys of before, and what to write instead.
RENAMED = {
    "stackdocs": "is now `embedded: {stackdocs: {…}}`; a competition of your own has `embedded: {}`",
}
MISSING = "is missing"
MAPPING = ("dict_type", "model_type", "model_attributes_type")


def show(value: Any) -> str:
    """Write a value for a message, null, true and false as in YAML, and cut a long value short."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def one_of(got: Any, allowed: Sequence[str]) -> str:
    """Write a message about a wrong word: `got 'dise', one of: ce, dice; did you mean 'dice'?`"""
    return f"got {show(got)}, one of: {', '.join(allowed) or 'none'}{did_you_mean(got, allowed)}"


def did_you_mean(got: Any, allowed: Sequence[str]) -> str:
    """Write the hint `; did you mean 'dice'?` where an allowed word is near, or nothing."""
    near = difflib.get_close_matches(str(got), allowed, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def describe(error: ErrorDetails, known_keys: Sequence[str]) -> str:
    """Write a pydantic error as `got …, … is allowed`; `known_keys` are the keys of the mapping in which it lies."""
    kind, got = error["type"], error["input"]
    if kind == "word":
        return error["msg"]
    if kind == "value_error":
        return error["msg"].removeprefix("Value error, ")
    if kind == "missing":
        return MISSING
    if kind == "extra_forbidden" and len(error["loc"]) == 1 and error["loc"][0] in RENAMED:
        return RENAMED[str(error["loc"][0])]
    if kind in ("extra_forbidden", "invalid_key"):
        hint = did_you_mean(error["loc"][-1], known_keys)
        return f"is not a known key; allowed here: {', '.join(known_keys)}{hint}"
    if kind == "literal_error":
        return one_of(got, error["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", "))
    if kind in MAPPING:
        hint = "; write {} where nothing is set" if got is None else ""
        return f"got {show(got)}, a mapping of keys to values is allowed{hint}"
    if kind in PLAIN:
        hint = "; put it in quotes" if kind == "string_type" and not isinstance(got, (dict, list, NoneType)) else ""
        return f"got {show(got)}, {PLAIN[kind].format(**error.get('ctx', {}))}{hint}"
    return f"got {show(got)}: {error['msg'][0].lower()}{error['msg'][1:]}"
