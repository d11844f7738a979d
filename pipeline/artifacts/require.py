"""Artifacts of earlier stages have to be there."""

from pathlib import Path

from pipeline.errors import UserError


def require_file(path: Path) -> None:
    """Raise UserError where an artifact of an earlier stage, a file or a folder, is missing."""
    if not path.exists():
        raise UserError(f"{path}: not found. It is made by an earlier stage: run `dvc repro` or that stage first")
