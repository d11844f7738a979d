"""Messages about params: where, what was got, what is allowed, and the nearest right word."""

import difflib
from collections.abc import Sequence
from typing import Any

from pydantic_core import ErrorDetails

# pydantic's own wording is for programmers; these say the same to somebody who edits a YAML file.
PLAIN = {
    "int_type": "a whole number is allowed",
    "int_from_float": "a whole number is allowed",
    "int_parsing": "a whole number is allowed",
    "float_type": "a number is allowed",
    "float_parsing": "a number is allowed",
    "bool_type": "true or false is allowed",
    "bool_parsing": "true or false is allowed",
    "string_type": "text is allowed (put it in quotes if it looks like a number)",
    "list_type": "a list is allowed",
    "dict_type": "a mapping of names to values is allowed",
    "model_type": "a mapping of names to values is allowed",
}


def one_of(got: Any, allowed: Sequence[str]) -> str:
    """`got 'dise', one of: ce, dice; did you mean 'dice'?`"""
    message = f"got {got!r}, one of: {', '.join(allowed)}"
    near = difflib.get_close_matches(str(got), allowed, n=1)
    return f"{message}; did you mean {near[0]!r}?" if near else message


def describe(error: ErrorDetails, known_keys: Sequence[str]) -> str:
    """One pydantic error as `got …, … is allowed`; `known_keys` are the keys of the mapping in which it lies."""
    kind, got = error["type"], error["input"]
    if kind in ("word", "piece"):
        return error["msg"]
    if kind == "value_error":
        return error["msg"].removeprefix("Value error, ")
    if kind == "missing":
        return "is missing; it has to be given"
    if kind == "extra_forbidden":
        key = str(error["loc"][-1])
        near = difflib.get_close_matches(key, known_keys, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"is not a known key; allowed here: {', '.join(known_keys)}{hint}"
    if kind == "literal_error":
        allowed = error["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return one_of(got, allowed)
    if kind in PLAIN:
        return f"got {got!r}, {PLAIN[kind]}"
    return f"got {got!r}, {error['msg'][0].lower()}{error['msg'][1:]}"
