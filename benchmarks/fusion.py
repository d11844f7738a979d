"""Fusion beside what a user would take instead, and on files larger than one likes to load.

`python -m benchmarks.fusion` compares voting with a loop over rows and with scikit-learn's VotingClassifier, in one
process, on the same probabilities. `--files` lets every rule read memory-mapped files of 10,000, 100,000 and 1,000,000
rows (2 GB in the folder for temporary files), each in a process of its own: seconds and the peak of its memory.
"""

import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

N_MEMBERS, N_CLASSES = 14, 35
SIZES = (10_000, 100_000, 1_000_000)
CHUNK = 50_000
ROUNDS = {
    "first": {"voters": ["m0", "m3", "m6", "m9"]},
    "second": {"voters": ["m1", "m4", "m7", "m10", "m13"]},
    "third": {"voters": ["m2", "m5", "m8", "m11", "m12"], "rule": "probability_average"},
    "last": {"voters": ["first", "second", "third", "m13"]},
}


def main(
    files: Annotated[bool, typer.Option("--files", help="Memory-mapped files instead of the comparison.")] = False,
    largest: Annotated[int, typer.Option(help="Leave larger files out.")] = SIZES[-1],
    only: Annotated[str, typer.Option(help="Rules whose name begins so.")] = "",
    rows: Annotated[int, typer.Option(help="Rows of the comparison.")] = 6_004,
) -> None:
    """Print a table in Markdown."""
    if files:
        measure_files([size for size in SIZES if size <= largest], only)
    else:
        compare(rows)


def compare(n_rows: int) -> None:
    from pipeline.fusion import probability_average, rank_average, vote

    probs, _ = make_rows(n_rows, seed=0)
    print(f"{N_MEMBERS} members × {n_rows:,} rows × {N_CLASSES} classes, float32; ties in {share_of_ties(probs):.0%}\n")
    ways: dict[str, Callable[[], Any]] = {
        "loop over rows, vote, ties by rank": lambda: loop_over_rows(probs),
        "VotingClassifier, hard": lambda: voting_classifier_hard(probs),
        "VotingClassifier, soft": lambda: np.average(probs, axis=0).argmax(axis=1),
        "`vote`, ties by rank": lambda: vote(probs),
        "`vote`, ties by probability": lambda: vote(probs, "probability"),
        "`vote`, ties by the first": lambda: vote(probs, "first"),
        "`rank_average`": lambda: rank_average(probs),
        "`probability_average`": lambda: probability_average(probs),
    }
    seconds = {name: fastest(way) for name, way in ways.items()}
    slow_of_core, slow = seconds["loop over rows, vote, ties by rank"]
    print("| | ms of all cores | times as fast as the loop | ms on the wall | times as fast |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, (of_core, on_wall) in seconds.items():
        ratios = slow_of_core / of_core, slow / on_wall
        print(f"| {name} | {of_core * 1000:.1f} | {ratios[0]:.0f} | {on_wall * 1000:.1f} | {ratios[1]:.0f} |")
    same = np.mean(vote(probs) == loop_over_rows(probs))
    print(f"\nEqual predictions of the loop and `vote`: {same:.2%} (what the loop leaves tied goes to the first voter)")


def loop_over_rows(probs: np.ndarray) -> list[int]:
    """Voting with rank tie-break as competition code has it: rows, members and classes in Python loops."""
    labels = []
    for row in range(probs.shape[1]):
        votes = [int(np.argmax(member[row])) for member in probs]
        counts: dict[int, int] = {}
        for label in votes:
            counts[label] = counts.get(label, 0) + 1
        tied = [label for label, count in counts.items() if count == max(counts.values())]
        if len(tied) > 1:
            orders = [np.argsort(-member[row], kind="stable").tolist() for member in probs]
            ranks = {label: sum(order.index(label) for order in orders) for label in tied}
            tied = sorted(tied, key=lambda label: ranks[label])
        labels.append(tied[0])
    return labels


def voting_classifier_hard(probs: np.ndarray) -> np.ndarray:
    """`VotingClassifier.predict` with voting="hard", given the members' predictions."""
    return np.apply_along_axis(lambda row: np.argmax(np.bincount(row)), axis=1, arr=probs.argmax(axis=2).T)


def share_of_ties(probs: np.ndarray) -> float:
    votes = probs.argmax(axis=2)
    counts = np.stack([(votes == label).sum(axis=0) for label in range(N_CLASSES)])
    return float(((counts == counts.max(axis=0)).sum(axis=0) > 1).mean())


def fastest(way: Callable[[], Any]) -> tuple[float, float]:
    """The fewest seconds of processor time, which other processes do not touch, and of the clock on the wall.

    Every way has two seconds, and at least three turns.
    """
    way()
    of_cores: list[float] = []
    on_wall: list[float] = []
    while len(on_wall) < 3 or sum(on_wall) < 2:
        start, start_of_cores = time.perf_counter(), time.process_time()
        way()
        of_cores.append(time.process_time() - start_of_cores)
        on_wall.append(time.perf_counter() - start)
    return min(of_cores), min(on_wall)


def make_rows(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Members' probabilities [M, n, C] in float32, and labels [n]: a shared opinion, an own one, the truth."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, N_CLASSES, n_rows)
    logits = rng.standard_normal((N_MEMBERS, n_rows, N_CLASSES), dtype=np.float32) * 2.4
    logits += rng.standard_normal((n_rows, N_CLASSES), dtype=np.float32) * 1.6
    logits[:, np.arange(n_rows), y] += rng.uniform(0.5, 1.5, (N_MEMBERS, 1)).astype(np.float32)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=2, keepdims=True)
    return logits, y


def measure_files(sizes: list[int], only: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        for size in sizes:
            in_own_process(write_files, Path(temporary), size)  # whose memory would count as that of its children
        header = " | ".join(f"{size:,} rows: s | MB" for size in sizes)
        print(f"| {N_MEMBERS} members × {N_CLASSES} classes | {header} |\n| --- |" + " ---: | ---: |" * len(sizes))
        for name in (name for name in rules() if name.startswith(only)):
            cells = []
            for size in sizes:
                seconds, megabytes = in_own_process(measure, name, temporary, size)
                cells.append(f"{seconds:.2f} | {megabytes:,.0f}")
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


def in_own_process(work: Callable[..., Any], *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def write_files(folder: Path, n_rows: int) -> None:
    shape = (N_MEMBERS, n_rows, N_CLASSES)
    probs = np.lib.format.open_memmap(folder / f"probs-{n_rows}.npy", mode="w+", dtype=np.float32, shape=shape)
    y = np.empty(n_rows, dtype=np.int64)
    for start in range(0, n_rows, CHUNK):
        rows = slice(start, min(start + CHUNK, n_rows))
        probs[:, rows], y[rows] = make_rows(rows.stop - start, seed=start)
    np.save(folder / f"y-{n_rows}.npy", y)


def measure(name: str, folder: str, n_rows: int) -> tuple[float, float]:
    """Seconds of one rule, once it is compiled, and the peak of the process's memory in MB, mapped pages included."""
    probs = np.load(Path(folder) / f"probs-{n_rows}.npy", mmap_mode="r")
    y = np.load(Path(folder) / f"y-{n_rows}.npy")
    rule = rules()[name]
    rule(probs[:, :200], y[:200] % 5)
    start = time.perf_counter()
    rule(probs, y)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rules() -> dict[str, Callable[[np.ndarray, np.ndarray], Any]]:
    from pipeline import fusion

    names = [f"m{index}" for index in range(N_MEMBERS)]
    return {
        "vote, first": lambda probs, y: fusion.vote(probs, "first"),
        "vote, probability": lambda probs, y: fusion.vote(probs, "probability"),
        "vote, rank": lambda probs, y: fusion.vote(probs, "rank"),
        "vote, winners' probability": lambda probs, y: fusion.vote(probs, "winners_probability"),
        "scores of a vote, rank": lambda probs, y: fusion.vote_scores(probs),
        "rank average": lambda probs, y: fusion.rank_average(probs),
        "probability average": lambda probs, y: fusion.probability_average(probs),
        "geometric average": lambda probs, y: fusion.probability_average(probs, mean="geometric"),
        "declared rounds, 4 ballots": lambda probs, y: fusion.run_rounds(ROUNDS, probs, names, keep=["last"]),
        "found rounds": lambda probs, y: fusion.auto_rounds(probs, y),
        "hill climbing, 40 steps": lambda probs, y: fusion.hill_climb(probs, y),
        "hill climbing, 5 bags": lambda probs, y: fusion.hill_climb(probs, y, bags=5),
        "stacking, logistic, OOF": lambda probs, y: fusion.stack(probs, y, np.arange(len(y)) % 5, probs[:, :100]),
    }


if __name__ == "__main__":
    typer.run(main)
