"""The command line of a stage: one function to run, readable errors, an exit status."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from pipeline.artifacts.paths import WRITTEN
from pipeline.artifacts.require import refuse_links
from pipeline.errors import UserError
from pipeline.runtime.messages import say as say  # for the commands that say something themselves
from pipeline.runtime.parent import end_at_once, end_with_dvc, runs_under_dvc

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_stage(main: Callable[..., Any]) -> None:
    """Run a stage's `main` with its arguments from the command line."""
    with as_command():
        import typer

        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command()(main)
        app()


@contextmanager
def as_command() -> Iterator[None]:
    """End the process as a command should, whatever happens in the block.

    A `UserError` is printed without a traceback and ends the process with status 1; anything else is a defect of
    ours and keeps its traceback. A signal ends the process at once with one line: whatever a stage leaves, a later
    run has to be able to go on from, so there is nothing to tidy up.
    """
    # transformers draws a bar for every second of loading, and lists the heads that a checkpoint does not share with
    # the model; in DVC's log both are noise.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    for number in STOPPING:
        if signal.getsignal(number) != signal.SIG_IGN:  # which `nohup` and a shell's `&` ask for
            signal.signal(number, _stop)
    if runs_under_dvc():
        from pipeline.runtime.scratch import remove_recorded

        end_with_dvc()
        remove_recorded()
    try:
        refuse_links(WRITTEN)
        yield
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def _stop(number: int, frame: FrameType | None) -> None:
    end_at_once(f"stopped by {signal.Signals(number).name}", 128 + number)
