"""Mend the files that a killed run left behind: `python -m tools.mend`, with which `make repro` begins.

DVC writes dvc.lock and its list of running stages in place: killed at the wrong moment DVC leaves them empty or cut,
and then refuses to start. What is lost with a stage's lines in dvc.lock comes back from DVC's run-cache.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pipeline.artifacts.atomic import atomic_path
from pipeline.errors import UserError
from pipeline.runtime.cli import run_stage, say

LOCK = Path("dvc.lock")
COPY = Path(".scratch/dvc.lock")  # of the last lock file that was whole
TRIES = 5  # to read a file that another DVC may be writing
RUNNING = Path(".dvc/tmp/rwlock")
CONFLICT = ("<<<<<<< ", "=======", ">>>>>>> ", "||||||| ")
REMEDY = "Put the file of the last commit back, `git checkout dvc.lock`, and run `make repro`"


def main() -> None:
    """Restore dvc.lock where it was cut, and remove what dead processes left."""
    mend_lock()
    mend_running()
    remove_left_behind()


def mend_lock(lock: Path = LOCK, copy: Path = COPY) -> None:
    """Restore a lock file that a kill has cut, from its copy or from git; copy a lock file that is whole.

    Raises UserError for a lock file that is damaged in another way, a merge's conflict marks for instance.
    """
    if not lock.exists():
        return
    committed = _committed(lock)
    earlier = [content for content in (copy.read_bytes() if copy.exists() else b"", committed) if content]
    for _ in range(TRIES):
        content = lock.read_bytes()
        if content in earlier or not is_cut(content, earlier):
            break
        time.sleep(0.2)  # another DVC may be writing it at this moment
    else:
        _restore(lock, copy, committed)
        return
    if [content] != earlier[:1] or not copy.exists():
        copy.parent.mkdir(exist_ok=True)
        with atomic_path(copy) as temporary:
            temporary.write_bytes(content)


def is_cut(content: bytes, earlier: Sequence[bytes] = ()) -> bool:
    """Return whether a lock file ends too soon; raise UserError where it is wrong in any other way.

    A file that was cut between two lines may look whole. Such a cut is known by files of `earlier`: where its stages
    are the first ones of such a file, in the same order, and the rest is missing.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end == len(content):
            return True
        raise UserError(f"dvc.lock: not UTF-8 ({error}). {REMEDY}") from None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(CONFLICT[0]) or line in CONFLICT:
            raise UserError(
                f"dvc.lock, line {number}: {line!r}, a merge that was not finished. Take the file of one side, "
                "`git checkout --ours dvc.lock` or `--theirs`, and run `make repro`: what differs comes from the cache "
                "or runs"
            )
    if not text.endswith("\n"):
        return True
    try:
        locked = YAML(typ="safe").load(text)
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        if mark is not None and mark.line >= text.count("\n") - 1:
            return True
        where = f", line {mark.line + 1}" if mark else ""
        raise UserError(f"dvc.lock{where}: not valid YAML. {REMEDY}") from None
    return _ends_too_soon(locked) or any(_begins(locked["stages"], _stages(before)) for before in earlier)


def _begins(stages: dict[str, Any], earlier: dict[str, Any]) -> bool:
    """Return whether `stages` are the first of an earlier lock file, with the rest, or the last one's end, missing."""
    if not earlier or list(stages) != list(earlier)[: len(stages)]:
        return False
    last = list(stages)[-1]
    return len(stages) < len(earlier) or not set(earlier[last]) <= set(stages[last])


def _stages(content: bytes) -> dict[str, Any]:
    """Return the stages of a lock file; none where the file is damaged."""
    try:
        stages: dict[str, Any] = YAML(typ="safe").load(content.decode())["stages"]
        is_whole = content.endswith(b"\n") and all(_is_whole(stage) for stage in stages.values())
        return stages if is_whole else {}
    except (YAMLError, UnicodeDecodeError, TypeError, KeyError, AttributeError):
        return {}


def _ends_too_soon(locked: Any) -> bool:
    if isinstance(locked, dict) and not locked.get("stages") and set(locked) <= {"schema", "stages"}:
        return True
    if not isinstance(locked, dict) or not isinstance(locked.get("stages"), dict):
        raise UserError(f"dvc.lock: not a lock file of DVC. {REMEDY}")
    *whole, last = locked["stages"]
    for name in whole:
        if not _is_whole(locked["stages"][name]):
            raise UserError(f"dvc.lock: the entry of {name!r} is damaged. {REMEDY}")
    return not _is_whole(locked["stages"][last])


def _is_whole(stage: Any) -> bool:
    """Return whether a stage's entry has what DVC asks for: a command, lists of paths, params by file."""
    if not isinstance(stage, dict) or not stage.get("cmd"):
        return False
    params, paths = stage.get("params", {}), [stage.get(part, []) for part in ("deps", "outs")]
    return (
        isinstance(params, dict)
        and all(isinstance(values, dict) for values in params.values())
        and all(isinstance(entries, list) for entries in paths)
        and all(isinstance(entry, dict) and isinstance(entry.get("path"), str) for entry in chain(*paths))
    )


def _restore(lock: Path, copy: Path, committed: bytes) -> None:
    for content, source in (
        (copy.read_bytes() if copy.exists() else b"", "the copy of the last run"),
        (committed, "the last commit"),
    ):
        if _stages(content):
            with atomic_path(lock) as temporary:
                temporary.write_bytes(content)
            say(f"{lock}: cut off by a kill; restored from {source}, what ran since comes from DVC's run-cache")
            return
    lock.unlink()
    say(f"{lock}: cut off by a kill, and no earlier one is to be had; removed, DVC's run-cache knows what ran")


def _committed(lock: Path) -> bytes:
    """Return the lock file of the last commit; nothing where there is none."""
    shown = subprocess.run(["git", "show", f"HEAD:./{lock}"], capture_output=True, check=False)
    return shown.stdout if shown.returncode == 0 else b""


def mend_running(running: Path = RUNNING) -> None:
    """Remove DVC's list of running stages where a kill has cut it, or where all processes that it names are gone.

    DVC stops at a list that it can't read, warns at length of each entry of a process that is gone, and is held up by
    an entry whose number another process has, or whose end nobody has looked at (a zombie, as containers without an
    init have).
    """
    for _ in range(TRIES):
        try:
            numbers = [int(number) for number in re.findall(r'"pid": (\d+)', _read_list(running))]
        except ValueError:
            time.sleep(0.2)  # another DVC may be writing it at this moment
        else:
            if numbers and not any(_runs_dvc(number) for number in numbers):
                running.unlink(missing_ok=True)
            return
    running.unlink(missing_ok=True)
    say(f"{running}: DVC's list of running stages was cut off by a kill; removed")


def _runs_dvc(number: int) -> bool:
    import psutil

    try:
        process = psutil.Process(number)
        return process.status() != psutil.STATUS_ZOMBIE and "dvc" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def _read_list(running: Path) -> str:
    """Read DVC's list as it was written, nothing where there is none. Raises ValueError for text that is no JSON."""
    if not running.exists():
        return ""
    text = running.read_text(encoding="utf-8")
    json.loads(text)
    return text


def remove_left_behind() -> None:
    """Remove temporary files of dead processes, and scratch folders whose results DVC has recorded."""
    from pipeline.artifacts.atomic import remove_folder, sweep_temporaries
    from pipeline.artifacts.paths import SCRATCH, WRITTEN
    from pipeline.runtime.parent import is_running
    from pipeline.runtime.scratch import published_folders

    swept = sweep_temporaries([*WRITTEN, SCRATCH, *SCRATCH.glob("*/")])
    if swept:
        named = ", ".join(str(path) for path in swept[:3])
        say(f"removed what killed processes left half-written: {named}{_more(swept)}")
    for published in published_folders():
        if (published.dvc is None or not is_running(published.dvc)) and _is_recorded(published.stage):
            remove_folder(published.folder)


def _more(paths: list[Path]) -> str:
    return f" and {len(paths) - 3} more" if len(paths) > 3 else ""


def _is_recorded(stage: str) -> bool:
    """Return whether DVC knows the outputs of a stage as they lie here; False, too, where DVC cannot say."""
    dvc = shutil.which("dvc")
    if dvc is None:
        return False
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1"}
    status = subprocess.run(
        [dvc, "status", "--json", stage], env=environment, capture_output=True, text=True, check=False
    )
    return status.returncode == 0 and status.stdout.strip() == "{}"


if __name__ == "__main__":
    run_stage(main)
