"""What `make repro` costs above `dvc repro report` where nothing is to be done.

    python -m benchmarks.noop_repro --rounds 10

Run in the project's root after `make repro`. The two take turns, wall time; each has to find nothing to run. The first
round fills the disk's cache and does not count.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

COMMANDS = {"make repro": ["make", "repro"], "dvc repro report": ["dvc", "repro", "report"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(arguments.rounds + 1):
        for name, command in COMMANDS.items():
            taken = run(command)
            if number:
                seconds[name].append(taken)
    ours, dvcs = (statistics.median(values) for values in seconds.values())
    for name, values in seconds.items():
        spread = f"{min(values):.2f} to {max(values):.2f}"
        print(f"{name:>16}: median {statistics.median(values):.2f} s of {len(values)}, {spread}")
    print(f"ratio of the medians: {ours / dvcs:.2f}")


def run(command: list[str]) -> float:
    """The seconds that a command takes. Ends the benchmark where a stage ran."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    begin = time.perf_counter()
    done = subprocess.run(command, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=True)
    taken = time.perf_counter() - begin
    if "Running stage" in done.stdout:
        raise SystemExit(f"{' '.join(command)} ran a stage; run `make repro` first")
    return taken


if __name__ == "__main__":
    main()
