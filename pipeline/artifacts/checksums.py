"""Files and folders that carry the digests of their bytes: what was cut or changed since is seen, and never read.

What is written here is on the disk, and not in the system's memory alone, before it has its name.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.artifacts.atomic import atomic_folder, path_beside
from pipeline.artifacts.hashes import hash_file

CHECKSUMS = "sha256.json"  # in a checked folder: the digest of every other file, by its relative name


@contextmanager
def checked_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder to fill, which takes `path`'s place, as with `atomic_folder`, with its files' digests."""
    with atomic_folder(path) as folder:
        yield folder
        (folder / CHECKSUMS).write_text(json.dumps(_digests(folder)), encoding="utf-8")
        for file in [*folder.rglob("*"), folder]:
            _flush(file)
    _flush(path.parent)


def is_intact(folder: Path) -> bool:
    """Say whether a folder holds the files that `checked_folder` left there, byte by byte, and no others."""
    try:
        expected = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    found = _digests(folder)
    found.pop(CHECKSUMS, None)
    return bool(found == expected)


def write_checked(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file whose name ends in its digest, `<path>.<digest>`, and remove the older versions.

    A digest beside the file or inside of it could not change in one step with the file; a name does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path_beside(path)
    try:
        write(temporary)
        _flush(temporary)
        new = path.with_name(f"{path.name}.{hash_file(temporary)}")
        temporary.replace(new)
    finally:
        temporary.unlink(missing_ok=True)
    _flush(path.parent)
    for old in checked_versions(path):
        if old != new:
            old.unlink()


def checked_versions(path: Path) -> list[Path]:
    """List the files that `write_checked` left for a path, the newest first; a kill in between leaves several."""
    named = re.compile(re.escape(path.name) + r"\.[0-9a-f]{64}")
    files = [file for file in path.parent.glob("*") if named.fullmatch(file.name)]
    return sorted(files, key=lambda file: file.stat().st_mtime_ns, reverse=True)


def is_intact_file(version: Path) -> bool:
    """Say whether a file that `write_checked` left has the digest in its name."""
    return hash_file(version) == version.suffix[1:]


def _digests(folder: Path) -> dict[str, str]:
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {file.relative_to(folder).as_posix(): hash_file(file) for file in files}


def _flush(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
