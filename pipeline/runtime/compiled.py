"""Loops over rows as machine code."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Return `function` compiled by numba at its first call, kept on disk beside its source for the next process.

    No fast-math: the same operations in the same order as the Python code, so the same bits on every machine. The GIL
    is let go while it runs.
    """
    import numba

    config: Any = numba.config
    # numba keeps machine code under the function's own file and bytecode: these options are in neither.
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    kept = config.CACHE_DIR
    digest = hashlib.sha256(json.dumps(options).encode()).hexdigest()[:8]
    config.CACHE_DIR = str(Path(kept or Path(__file__).parent / "__pycache__") / digest)
    try:
        machine_code: Any = numba.njit(cache=True, **options)(function)
    finally:
        config.CACHE_DIR = kept
    typed: Function = machine_code  # as the Python function is typed
    return typed
