"""Run the DAG: `python -m tools.repro`, which is `make repro`.

First what a killed run left is mended and what params.yaml no longer names is removed, then comes `dvc repro report`,
and at the end a line each for the submission, the report and the scores.
"""

import signal
import subprocess
from types import FrameType

from pipeline.reporting.headline import read_headline
from pipeline.runtime.cli import STOPPING, as_command, say
from tools import mend, prune

COMMAND = ("dvc", "repro", "report")


def main() -> None:
    """Mend, prune, run DVC, and print the headline. Raises SystemExit with DVC's status where it fails."""
    mend.main()
    prune.main()
    status = run_dvc()
    if status:
        raise SystemExit(status)
    for line in read_headline():
        say(line)


def run_dvc() -> int:
    """Run DVC and wait for its end, Ctrl-C or not: → its exit status."""
    process = subprocess.Popen(COMMAND)

    def pass_on(number: int, frame: FrameType | None) -> None:
        if number != signal.SIGINT:  # which a terminal sends to DVC itself
            process.send_signal(number)

    for number in STOPPING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, pass_on)
    status = process.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    with as_command():
        main()
