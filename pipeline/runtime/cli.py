"""The command line of a stage: one function, readable errors, an exit status."""

import os
import sys
from collections.abc import Callable
from typing import Any

from pipeline.errors import UserError


def run_stage(main: Callable[..., Any]) -> None:
    """Run a stage's `main` with its arguments from the command line.

    A `UserError` is printed without a traceback and ends the process with status 1; anything else is a defect of
    ours and keeps its traceback.
    """
    # transformers draws a bar for every second of loading, and lists the heads that a checkpoint does not share with
    # the model; in DVC's log both are noise.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    import typer

    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def say(message: str) -> None:
    """Print one line of the stage's log at once (DVC pipes the output, so it would be held back otherwise)."""
    print(message, flush=True)
