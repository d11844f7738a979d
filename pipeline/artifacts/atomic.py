"""Files and folders that are there whole or not at all."""

import functools
import hashlib
import json
import os
import platform
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.artifacts.require import require_file
from pipeline.errors import UserError

TEMPORARY = re.compile(r"\.tmp-([0-9a-f]{4})-(\d+)-[0-9a-f]{8}-.*", re.DOTALL)  # host, process, token, name
OLD_TEMPORARY = re.compile(r"\.tmp-[0-9a-f]{8}-.*", re.DOTALL)
SECONDS_OF_STRANGERS = 24 * 3600.0


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write a file to; the file moves to `path` when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path_beside(path)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder to fill beside `path`; the folder moves to `path` when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, old = path_beside(path), path_beside(path)
    temporary.mkdir()
    try:
        yield temporary
        if path.exists():
            path.replace(old)  # whole: deleting it in place would show readers the half of it
        temporary.replace(path)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_folder(path: Path) -> None:
    """Remove a folder, if there is one; the folder is renamed before it is deleted, so that nobody sees half of it."""
    old = path_beside(path)
    try:
        path.replace(old)
    except FileNotFoundError:
        return
    shutil.rmtree(old, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with `\\n` line ends, whatever the platform."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, content: Any) -> None:
    """Write JSON for people and for git: indented, in the order given, non-ASCII kept, a newline at the end.

    Raises ValueError for NaN and infinities, which are not JSON.
    """
    write_text(path, to_json(content))


def to_json(content: Any) -> str:
    """Return content as the JSON text that `write_json` writes."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_json(path: Path) -> Any:
    """Read a JSON file that an earlier stage made. Raises UserError where it is missing or is not JSON."""
    require_file(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}). Run the stage that makes it again") from None


def path_beside(path: Path) -> Path:
    """Return a hidden path in the same folder, unlike any other; the suffix stays, for writers choose the format by it.

    The name tells host and process, so that what a killed process left can be told from what is being written.
    """
    return path.with_name(f".tmp-{_host()}-{os.getpid()}-{secrets.token_hex(4)}-{path.name}")


def sweep_temporaries(folders: Iterable[Path]) -> list[Path]:
    """Remove what `atomic_path` and `atomic_folder` of processes that are gone left in the folders: → what was removed.

    What another host or an earlier version of this code has left is removed after a day.
    """
    left = [path for folder in folders for path in sorted(folder.glob(".tmp-*")) if _is_left(path)]
    for path in left:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return left


def _is_left(path: Path) -> bool:
    import psutil  # when it is asked for: most stages never do

    try:
        changed = path.stat().st_mtime
    except FileNotFoundError:
        return False  # it has taken its place by now
    owner = TEMPORARY.fullmatch(path.name)
    if owner is None:
        return OLD_TEMPORARY.fullmatch(path.name) is not None and time.time() - changed > SECONDS_OF_STRANGERS
    if owner[1] != _host():
        return time.time() - changed > SECONDS_OF_STRANGERS
    try:
        process = psutil.Process(int(owner[2]))
        # Dead, though nobody has looked at its end yet; or a later process with the same number.
        return bool(process.status() == psutil.STATUS_ZOMBIE or process.create_time() > changed)
    except psutil.NoSuchProcess:
        return True


@functools.cache
def _host() -> str:
    """Return four hex digits for this host: hosts that share a folder may have processes of equal numbers."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:4]
