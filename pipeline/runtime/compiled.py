"""Loops over rows as machine code."""

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """`function`, compiled by numba at its first call and kept on disk beside its source for the next process.

    No fast-math: the same operations in the same order as the Python code, so the same bits on every machine. The GIL
    is let go while it runs.
    """
    import numba

    machine_code: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    typed: Function = machine_code  # as the Python function is typed
    return typed
