"""Run the DAG: `python -m tools.repro`, which is `make repro`.

First what a killed run left is mended and what params.yaml no longer names is removed. Where the plan is not known to
be one of the present params and code, it is made anew, whatever DVC thinks of it. Then comes `dvc repro report`, and at
the end a line each for the submission, the report and the scores.
"""

import shutil
import signal
import subprocess
import sys
from types import FrameType

from pipeline.artifacts.paths import PLAN
from pipeline.errors import UserError
from pipeline.plan.record import is_recorded
from pipeline.reporting.headline import read_headline
from pipeline.runtime.cli import STOPPING, as_command, say
from tools import mend, prune


def main() -> None:
    """Mend, prune, run DVC, and print the headline. Raises SystemExit with DVC's status where it fails."""
    if sys.argv[1:]:
        raise UserError(f"got {' '.join(sys.argv[1:])}, nothing is allowed; `dvc repro` takes options and stages")
    mend.main()
    prune.main()
    if PLAN.exists() and not is_recorded():
        run_dvc("--quiet", "--force", "--single-item", "plan")
    run_dvc("report")
    for line in read_headline():
        say(line)


def run_dvc(*arguments: str) -> None:
    """Run `dvc repro` and wait for its end, Ctrl-C or not. Raises SystemExit with its status where it fails."""
    dvc = shutil.which("dvc")
    if dvc is None:
        raise UserError("dvc: not found; `make repro` looks into .venv, or put its folder .venv/bin on the PATH")
    process: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        if process is None:
            early.append(number)
        elif number != signal.SIGINT or not sys.stdin.isatty():  # Ctrl-C goes to DVC by itself
            process.send_signal(number)

    for number in STOPPING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, pass_on)
    process = subprocess.Popen([dvc, "repro", *arguments])
    for told in early:
        process.send_signal(told)
    status = process.wait()
    if status:
        raise SystemExit(status if status > 0 else 128 - status)


if __name__ == "__main__":
    with as_command():
        main()
