"""Kill the DAG again and again and see that nothing is lost: `make chaos`, or `python tests/chaos.py --kills 50`.

Half of the kills are aimed at writes: a hook in every process counts the files that are opened for writing, renamed
and removed, and at a number drawn beforehand the signal comes, a moment later. The others come at any time. Each goes
to DVC alone, to the stage alone, to a worker alone or to the whole group, as SIGKILL, SIGTERM or SIGINT. After every
kill `make repro` is started again, at once. In the end

- the submission, the models and the logits have the bytes of a run that nobody disturbed;
- no finished fold was trained again;
- no run that was left in peace failed, and nobody saw a traceback of ours.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil

sys.path[:0] = [str(Path(__file__).parent / "stages"), str(Path(__file__).parents[1])]
from dag_workspace import Workspace, environment, new_workspace, tree_hashes  # noqa: E402

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
VICTIMS = ("dvc", "stage", "worker", "group")
COMPARED = ("reports/submission.csv", "models", "data/prepared", "data/folds.parquet")
FOLD_DONE = re.compile(r"^(\S+ fold \d+): macro-F1", re.MULTILINE)
# What belongs to no log. A traceback counts where it goes through a function of ours: DVC and the interpreter, on their
# way up, answer SIGINT with tracebacks of their own.
NOISE = re.compile(
    r"^ +File \"[^\"]*/(?:pipeline|stages|tools)/[^\"]*\", line \d+, in [^<]"
    r"|resource_tracker|BrokenProcessPool|^Aborted",
    re.MULTILINE,
)
SECONDS_OF_A_RUN = 600.0
PATIENCE = 4.0  # seconds that a victim is waited for
HOOK = Path(__file__).parent / "chaos_hook"


@dataclass
class Attack:
    """One signal: to whom, which, and when - seconds after the start, or the number of a write."""

    victim: str
    number: signal.Signals
    seconds: float | None = None
    write: int | None = None
    delay: float = 0.0

    def __str__(self) -> str:
        when = (
            f"after {self.seconds:.1f} s"
            if self.seconds is not None
            else f"at write {self.write}, {self.delay * 1e3:.1f} ms later"
        )
        return f"{self.number.name} to {self.victim} {when}"


@dataclass
class Log:
    """What was seen of the runs of one workspace."""

    folds: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    tracebacks: int = 0  # of DVC and of the interpreter
    problems: list[str] = field(default_factory=list)


def draw_attack(rng: random.Random, aimed: bool, longest: float, n_writes: int) -> Attack:
    """An attack at random; an aimed one comes at one of the first `n_writes` writes of a run."""
    victim, number = rng.choice(VICTIMS), rng.choice(SIGNALS)
    if aimed:
        return Attack(victim, number, write=rng.randint(1, n_writes), delay=rng.choice([0.0, 0.0002, 0.002, 0.02]))
    return Attack(victim, number, seconds=rng.uniform(0.5, longest))


def run_under(attack: Attack | None, command: list[str], workspace: Workspace, log: Log) -> str:
    """Run a command in the workspace, attack it, wait for its end, and note what was seen: → its output."""
    with tempfile.TemporaryDirectory() as folder:
        fired = Path(folder) / "fired"
        variables = environment() | {"CONCLAVE_DEVICES": "cpu,cpu", "CONCLAVE_SAVE_SECONDS": "0.2"}
        if attack is not None and attack.write is not None:
            plan = {"write": attack.write, "delay": attack.delay, "victim": attack.victim, "signal": int(attack.number)}
            plan |= {"root": str(workspace.root), "counter": f"{folder}/counter", "fired": str(fired)}
            path = os.pathsep.join(filter(None, [str(HOOK), variables.get("PYTHONPATH")]))
            variables |= {"PYTHONPATH": path, "CONCLAVE_CHAOS": json.dumps(plan)}
        output = Path(folder) / "output"
        with output.open("wb") as file:
            process = subprocess.Popen(
                command, cwd=workspace.root, env=variables, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                start_new_session=True,
            )  # fmt: skip
        hits = 0
        if attack is not None and attack.seconds is not None:
            hits = _attack_after(attack, process)
        try:
            status = process.wait(SECONDS_OF_A_RUN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            log.problems.append(f"{attack}: hung")
            status = process.wait()
        _let_dvc_end(process.pid)
        hits += fired.exists()
        text = output.read_text(encoding="utf-8", errors="replace")
    log.folds.update(FOLD_DONE.findall(text))
    log.kills += hits
    log.tracebacks += text.count("Traceback (most recent call last)")
    if NOISE.search(text):
        log.problems.append(f"{attack}: noise in the output")
    if status and not hits:
        log.problems.append(f"{attack}: a run in peace ended with status {status}")
    if log.problems:
        print(text[-6000:])
    print(f"  {attack}: {'hit' if hits else 'missed'}, status {status}: {_last_words(text)}", flush=True)
    return text


def _last_words(text: str) -> str:
    lines = [
        line.strip()
        for line in text.splitlines()
        if re.match(r"stopped|ERROR|error|dvc.lock|removed|.*waiting for|.*damaged|.*killed|make: ", line.strip())
    ]
    return " | ".join(line[:110] for line in lines) or "-"


def _attack_after(attack: Attack, process: "subprocess.Popen[bytes]") -> int:
    """Send the signal when its time has come: → the kills, 0 to 2.

    A victim that is not there is waited for, then the stage or DVC stands in for it. A run that goes on as if nothing
    had been (DVC takes no SIGINT while a stage runs) is killed as a whole.
    """
    due, kills = time.monotonic() + (attack.seconds or 0), 0
    while process.poll() is None:
        late = time.monotonic() - due
        if not kills and late >= 0:
            victims = [attack.victim] if late < PATIENCE else [attack.victim, "stage", "dvc", "group"]
            kills += any(_strike(victim, attack.number, process) for victim in victims)
        elif kills and late >= 2 * PATIENCE:
            os.killpg(process.pid, signal.SIGKILL)
            return kills + 1
        time.sleep(0.02)
    return kills


def _strike(victim: str, number: signal.Signals, process: "subprocess.Popen[bytes]") -> bool:
    if victim == "group":
        os.killpg(process.pid, number)
        return True
    try:
        family = psutil.Process(process.pid).children(recursive=True)
        victims = [child for child in family if role(child) == victim]
        if victims:
            victims[0].send_signal(number)
    except psutil.NoSuchProcess:
        return False
    return bool(victims)


def _let_dvc_end(group: int) -> None:
    """Wait until no DVC of a process group is left: after Ctrl-C the shell is gone before it."""
    for _ in range(100):
        if not any(role(process) == "dvc" and _group(process) == group for process in psutil.process_iter()):
            return
        time.sleep(0.1)


def _group(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid) if process.status() != psutil.STATUS_ZOMBIE else None
    except (psutil.Error, ProcessLookupError):
        return None


def role(process: psutil.Process) -> str | None:
    """What a process of a run is: dvc, stage, worker, or none of these."""
    try:
        command = process.cmdline()
    except psutil.Error:
        return None
    if any("spawn_main" in part for part in command):
        return "worker"
    if any(part.startswith("stages.") for part in command[1:3]) and "-m" in command:
        return "stage"
    if any(Path(part).name == "dvc" for part in command[:2]):
        return "dvc"
    return None


def compare(workspace: Workspace, expected: dict[str, dict[str, str]]) -> list[str]:
    """The files whose bytes are not those of the undisturbed run."""
    found = {name: tree_hashes(workspace.root / name) for name in expected}
    return [f"{name}/{file}" for name in expected for file in expected[name].keys() | found[name].keys()
            if found[name].get(file) != expected[name].get(file)]  # fmt: skip


def expected_bytes(workspace: Workspace) -> dict[str, dict[str, str]]:
    """The digests of what an undisturbed run has made."""
    return {name: tree_hashes(workspace.root / name) for name in COMPARED}


def main() -> None:
    """Kill until the wanted number is reached, workspace after workspace."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    folder = Path(tempfile.mkdtemp(prefix="conclave-chaos-"))
    command = ["make", "--old-file=.venv/.installed", "repro"]
    print(f"the undisturbed run, in {folder}", flush=True)
    calm = make_workspace(folder / "calm", folder / "calm-cache")
    run_under(None, command, calm, Log())
    expected = expected_bytes(calm)
    kills, folds, tracebacks, started, problems = 0, 0, 0, time.monotonic(), []
    attempt, aimed = 0, False
    while kills < options.kills and not problems:
        attempt += 1
        workspace, log = make_workspace(folder / f"run-{attempt}", folder / f"cache-{attempt}"), Log()
        print(f"workspace {attempt}, {kills} kills so far", flush=True)
        done = False
        while not done and not log.problems:
            attack = None
            if kills + log.kills < options.kills:
                aimed = not aimed
                attack = draw_attack(rng, aimed, longest=12.0, n_writes=150)
            before = log.kills
            run_under(attack, command, workspace, log)
            done = log.kills == before
        different = compare(workspace, expected) if not log.problems else []
        again = [name for name, times in log.folds.items() if times > 1]
        problems = (
            log.problems + [f"other bytes: {name}" for name in different] + [f"trained again: {name}" for name in again]
        )
        kills, folds, tracebacks = kills + log.kills, folds + len(log.folds), tracebacks + log.tracebacks
        if not problems:
            shutil.rmtree(workspace.root)
            shutil.rmtree(folder / f"cache-{attempt}")
    print(
        f"{kills} kills in {attempt} workspaces, {folds} folds trained, {time.monotonic() - started:.0f} s; "
        f"{tracebacks} tracebacks of DVC's own or of Python's start"
    )
    if problems:
        raise SystemExit("\n".join([*problems, f"the workspaces are kept in {folder}"]))
    shutil.rmtree(folder)
    print("nothing lost: equal bytes, no finished fold trained again, no run in peace failed, no traceback of ours")


def make_workspace(root: Path, cache: Path) -> Workspace:
    """A checkout at toy size, with the environment that runs this."""
    workspace = new_workspace(root, cache)
    (root / ".venv").symlink_to(sys.prefix)
    return workspace


if __name__ == "__main__":
    main()
