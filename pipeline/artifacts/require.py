"""Checks that artifacts are there, and that DVC can keep the folders they lie in."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import UserError


def require_file(path: Path) -> None:
    """Raise UserError where an artifact of an earlier stage, a file or a folder, is missing."""
    if not path.exists():
        raise UserError(f"{path}: not found. It is made by an earlier stage: run `dvc repro` or that stage first")


def refuse_links(folders: Iterable[Path]) -> None:
    """Raise UserError where a folder that stages write to is a symbolic link: DVC keeps nothing behind one.

    DVC says so only when a stage has ended, which may be after hours of training.
    """
    for folder in folders:
        if folder.is_symlink():
            raise UserError(
                f"{folder}: a symbolic link to {folder.resolve()}, behind which DVC keeps nothing. Put a folder in its "
                "place; to have the files on another disk, put DVC's cache there and have it link to them: "
                "`dvc cache dir --local <folder there>` and `dvc config --local cache.type symlink`"
            )
