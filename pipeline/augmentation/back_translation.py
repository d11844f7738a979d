"""Texts that come back changed from a translation there and back, by any function."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.augmentation.inputs import AugmentationInputs
from pipeline.errors import UserError


def back_translation(inputs: AugmentationInputs, *, function: str | None) -> list[str]:
    """Return the texts as changed by `function`, named as `module:function` and called once with all texts: → [N].

    The function takes a list of strings and returns a list of as many. It gets no random stream: whether a second copy
    differs from the first, and whether two runs are alike, is the function's own affair. Raises UserError where the
    function cannot be imported or returns anything else.
    """
    if function is None:
        raise UserError("augment: back_translation needs a function: {…, function: module:function}")
    returned = _import(function)(list(inputs.texts))
    if not isinstance(returned, Sequence) or isinstance(returned, str):
        raise UserError(f"{function}: returned a {type(returned).__name__}, a list of strings is expected")
    if len(returned) != len(inputs.texts):
        raise UserError(f"{function}: returned {len(returned)} texts for {len(inputs.texts)}, as many are expected")
    for index, text in enumerate(returned):
        if not isinstance(text, str):
            raise UserError(f"{function}: returned a {type(text).__name__} as text {index}, a string is expected")
    return list(returned)


def _import(function: str) -> Callable[[list[str]], Any]:
    module, colon, name = function.partition(":")
    if not (module and colon and name):
        raise UserError(f"augment: function: got {function!r}, module:function is allowed, as in translator:and_back")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        raise UserError(
            f"augment: function: {function!r} cannot be imported ({error}); put {module.split('.')[0]}.py into the "
            "project's root or install it"
        ) from None
    if not callable(found):
        raise UserError(f"augment: function: {module} has no function {name!r}")
    return found  # type: ignore[no-any-return]
