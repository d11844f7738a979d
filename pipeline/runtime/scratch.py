"""Scratch folders: what a stage that was killed finds again, whole, and no other process touches meanwhile.

A stage keeps under `.scratch/<name>-<key>/` its finished work and the state of its unfinished work. The key is a hash
of all that determines the result, so another run never takes the folder for its own. What was published stays until DVC
has recorded it: a kill between the two costs nothing.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from pipeline.artifacts.atomic import remove_folder, write_json
from pipeline.artifacts.checksums import (
    CHECKSUMS,
    checked_folder,
    checked_versions,
    is_intact,
    is_intact_file,
    write_checked,
)
from pipeline.artifacts.hashes import hash_path
from pipeline.artifacts.paths import SCRATCH
from pipeline.runtime.messages import say
from pipeline.runtime.parent import dvc_tag

PUBLISHED = "published.json"
LOCK = Path("dvc.lock")
SECONDS_BETWEEN_TRIES = 0.2


class Published(NamedTuple):
    """A scratch folder whose content has been published.

    Attributes:
        folder: the folder.
        stage: the stage, as DVC names it.
        dvc: the DVC that ran the stage; None where the stage was run by hand.
        entry: what dvc.lock said of the stage when the folder was published.
    """

    folder: Path
    stage: str
    dvc: str | None
    entry: str


def scratch_folder(name: str, inputs: Iterable[Path], settings: Mapping[str, Any], code: str) -> Path:
    """Return the path `.scratch/<name>-<hash>`, with a hash of all that determines the result.

    Args:
        name: what is made, for people.
        inputs: files and folders that are read; their contents count, not their names.
        settings: values for JSON.
        code: the fingerprint of the code that runs.

    Raises UserError where an input is missing.
    """
    content = {"inputs": [hash_path(path) for path in inputs], "settings": settings, "code": code}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return SCRATCH / f"{name}-{digest[:16]}"


@contextmanager
def alone(path: Path, what: str) -> Iterator[None]:
    """Let one process at a time work at a scratch path: another is waited for, with a line that names that process.

    The lock beside the path is the system's, which ends with its process, however the process ends.
    """
    file = path.with_name(f"{path.name}.lock")
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        say(f"{what}: waiting for {_read_owner(file)}, which works at it")
        lock.acquire(poll_interval=SECONDS_BETWEEN_TRIES)
    file.write_text(f"process {os.getpid()}, begun {datetime.now():%Y-%m-%d %H:%M:%S}", encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)  # whoever waits for it sees that its name is gone, and makes it anew
        lock.release()


def _read_owner(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8") or "a process"
    except OSError:
        return "a process"


def is_kept(folder: Path, what: str) -> bool:
    """Say whether a folder that `keep_folder` made is there and whole; a damaged folder is removed, with a line."""
    if not folder.exists():
        return False
    if is_intact(folder):
        return True
    say(f"{what}: {folder} was damaged since it was written; thrown away, to be made again")
    remove_folder(folder)
    return False


@contextmanager
def keep_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder to fill, which stands at `folder`, with its files' digests, once the block ends.

    A block that ends with an error leaves `folder` as it was.
    """
    with checked_folder(folder) as new:
        yield new


def copy_kept(folder: Path, to: Path, leave_out: Sequence[str] = ()) -> None:
    """Copy what a kept folder holds, but for its digests and the names in `leave_out`, into `to`."""
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns(CHECKSUMS, *leave_out), dirs_exist_ok=True)


def keep_file(path: Path, write: Callable[[Path], None]) -> None:
    """Have `write` fill a file that `kept_file` finds; the file takes the place of an older one in one step."""
    write_checked(path, write)


def kept_file(path: Path, what: str) -> Path | None:
    """Find the newest whole file that `keep_file` left for a path, or None; damaged files are removed, with a line."""
    for version in checked_versions(path):
        if is_intact_file(version):
            return version
        say(f"{what}: {path} was damaged since it was written; thrown away, to be made again")
        version.unlink()
    return None


def drop_file(path: Path) -> None:
    """Remove the files that `keep_file` left for a path."""
    for version in checked_versions(path):
        version.unlink()


def mark_published(folder: Path, stage: str) -> None:
    """Note that the outputs of `stage` were made of a scratch folder, which goes when DVC has recorded the outputs."""
    write_json(folder / PUBLISHED, {"stage": stage, "dvc": dvc_tag(), "entry": _locked(stage)})


def published_folders() -> list[Published]:
    """List the scratch folders that `mark_published` has marked and nobody has removed."""
    return [
        Published(file.parent, content["stage"], content["dvc"], content["entry"])
        for file in sorted(SCRATCH.glob(f"*/{PUBLISHED}"))
        if (content := _read_marker(file)) is not None
    ]


def remove_recorded() -> None:
    """Remove the scratch folders of stages that this stage's DVC ran earlier, once dvc.lock has a new record of each.

    DVC records a stage's outputs in dvc.lock when they are saved; with `--keep-going` saving may have failed.
    """
    own = dvc_tag()
    for published in published_folders():
        if own is not None and published.dvc == own and _locked(published.stage) not in ("", published.entry):
            remove_folder(published.folder)


def _locked(stage: str) -> str:
    """Return the text of dvc.lock's record of a stage; an empty one where there is no record."""
    text = LOCK.read_text(encoding="utf-8", errors="replace") if LOCK.exists() else ""
    _, _, entry = text.partition(f"\n  {stage}:\n")
    return re.split(r"^ {0,2}\S", entry, maxsplit=1, flags=re.MULTILINE)[0]


def _read_marker(file: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return {"stage": str(content["stage"]), "dvc": content["dvc"], "entry": str(content["entry"])}
    except (OSError, ValueError, TypeError, KeyError):
        return None  # damaged: the folder is then one that was not published yet, and is published again
