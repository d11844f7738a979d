"""Hashes of files and folders."""

import hashlib
from pathlib import Path

from pipeline.artifacts.require import require_file


def hash_file(path: Path) -> str:
    """Compute the SHA-256 of a file's bytes, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_path(path: Path) -> str:
    """Compute the SHA-256 of a file, or of a folder: of its files' relative names and contents, in order of name.

    Raises UserError where there is neither.
    """
    require_file(path)
    if path.is_file():
        return hash_file(path)
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(path).as_posix()}\0{hash_file(file)}\n".encode())
    return digest.hexdigest()
