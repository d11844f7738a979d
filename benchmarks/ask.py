"""How long the finished ensemble of the present folder takes to load, and then for one text: `dvc repro` first.

    python benchmarks/ask.py                    # the first 100 texts of the prepared test file
    python benchmarks/ask.py --texts new.csv    # of a file that is written as the competition's are

All fold models of all members are loaded, and one text after the other is answered as `stages.ask` does: from the text
to its label, probabilities and votes. The first one warms up; medians count. The clock is the wall's, or with one
thread the process's own CPU time, so that other work on the machine does not count.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.artifacts.paths import DECISION, MEMBERS, TEST
from pipeline.artifacts.tables import read_table
from pipeline.data.new_rows import as_row, read_rows
from pipeline.decision.answer import answer_rows
from pipeline.decision.artifact import read_decision
from pipeline.decision.member import Member, load_members
from pipeline.metrics.arrays import FloatArray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--n-texts", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    clock = time.process_time if arguments.threads == 1 else time.perf_counter
    start = clock()
    decision = read_decision(DECISION)
    members = list(load_members(decision, MEMBERS))
    loaded = clock() - start
    limit_threads(arguments.threads)

    given = read_rows(arguments.texts, decision.reading) if arguments.texts else read_table(TEST, ["text"])
    texts = [text for text in given["text"].tolist() if text and text.strip()][: arguments.n_texts]
    seconds: dict[str, list[float]] = {name: [] for name in [*decision.members, "the ensemble"]}
    timed = [with_clock(member, seconds[name], clock) for name, member in zip(decision.members, members, strict=True)]
    for text in [texts[0], *texts]:
        start = clock()
        list(answer_rows(decision, timed, as_row(text)))
        seconds["the ensemble"].append(clock() - start)
    models = f"{len(members)} members of {decision.n_folds} fold models"
    print(f"{models}, fused by {decision.candidate}, {arguments.threads} threads; loaded in {loaded:.1f} s")
    print(f"| {len(texts)} texts | median ms | 95% ms |\n| --- | --- | --- |")
    for name, values in seconds.items():
        milliseconds = np.array(values[1:]) * 1000  # without the warm-up
        print(f"| {name} | {np.median(milliseconds):.1f} | {np.quantile(milliseconds, 0.95):.1f} |")


def with_clock(member: Member, seconds: list[float], clock: Callable[[], float]) -> Member:
    """The same member, whose times are put behind those before."""

    def probabilities(texts: Sequence[str]) -> FloatArray:
        start = clock()
        found = member(texts)
        seconds.append(clock() - start)
        return found

    return probabilities


def limit_threads(n: int) -> None:
    """Of torch, where a member has loaded it: members set what they were trained with."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(n)


if __name__ == "__main__":
    main()
