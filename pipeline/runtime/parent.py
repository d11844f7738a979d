"""The DVC process that runs this stage, and ending with it."""

import os
import threading
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

CHANGES_NO_RESULT = True  # an edit here asks for no stage to run again

SHELLS = {"bash", "csh", "dash", "fish", "ksh", "nu", "sh", "tcsh", "zsh"}
SECONDS_BETWEEN_LOOKS = 0.5


def runs_under_dvc() -> bool:
    """Say whether DVC started this stage."""
    return "DVC_ROOT" in os.environ


@cache
def _dvc() -> "psutil.Process | None":
    """Find the process that runs DVC; None where the stage is run by hand, or where DVC is gone by now.

    DVC starts a stage through a shell. A program of one's own may run DVC: then the process is the nearest parent that
    is no shell.
    """
    if not runs_under_dvc():
        return None
    import psutil

    parents = [parent for parent in psutil.Process().parents() if parent.name() not in SHELLS]
    named = [parent for parent in parents if any(Path(part).name == "dvc" for part in parent.cmdline()[:3])]
    nearest = named or [parent for parent in parents[:1] if parent.pid != 1]
    return nearest[0] if nearest else None


def dvc_tag() -> str | None:
    """Return number and start time of the process that runs DVC, which no other process shares; None without DVC."""
    dvc = _dvc()
    return None if dvc is None else f"{dvc.pid} {dvc.create_time():.2f}"


def is_running(tag: str) -> bool:
    """Say whether the DVC process of a tag still runs."""
    import psutil

    number, _, start = tag.partition(" ")
    try:
        process = psutil.Process(int(number))
        return f"{process.create_time():.2f}" == start and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, ValueError):
        return False


def end_with_dvc() -> None:
    """Have this process end as soon as the DVC that runs it is gone: nobody waits for its outputs then.

    Otherwise a stage whose DVC was killed goes on, and the next `dvc repro` starts the same work beside it.
    """
    dvc = _dvc()
    if dvc is None:
        return

    def watch() -> None:
        import psutil

        while dvc.is_running() and dvc.status() != psutil.STATUS_ZOMBIE:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        end_at_once("stopped: the dvc that ran this stage is gone", 1)

    threading.Thread(target=watch, daemon=True).start()


def end_at_once(reason: str, status: int) -> None:
    """End this process without a traceback, as a kill would, with one line on standard error."""
    try:
        os.write(2, f"{reason}; what is finished is kept, and the same command goes on from there\n".encode())
    finally:
        os._exit(status)
