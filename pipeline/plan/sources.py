"""The project's files as this process first saw them, so that what is loaded later can be held against them."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pipeline import registry
from pipeline.artifacts.hashes import hash_file

PACKAGES = ("pipeline", "stages")  # which the stage plan depends on

_sources: dict[str, tuple[Path, str]] = {}
_beside: dict[Path, str] = {}


def read_source(name: str) -> str:
    """Return the source of a module as it was when this process first asked for it."""
    if name not in _sources:
        path = registry.source_path(name)
        _sources[name] = path, path.read_text(encoding="utf-8")
    return _sources[name][1]


def sources_read() -> dict[str, tuple[Path, str]]:
    """Return the modules that were asked for in this process, each with its file and its source as it was then."""
    return dict(_sources)


@cache
def files_beside(module: str) -> tuple[Path, ...]:
    """List the files that a module may read: templates and tables in its folder and in folders below, but for packages.

    Hidden files and compiled code, which nobody keeps in git, are left out.
    """
    folder = registry.source_path(module).parent
    data = [path for path in folder.iterdir() if path.is_dir() and not (path / "__init__.py").exists()]
    found = [*folder.iterdir(), *(path for part in data for path in part.rglob("*"))]
    return tuple(sorted(path for path in found if path.is_file() and _is_kept(path.relative_to(folder))))


def digest_beside(path: Path) -> str:
    """Return the digest of a file beside a module, as it was when this process first asked for the digest."""
    if path not in _beside:
        _beside[path] = hash_file(path)
    return _beside[path]


def digests_beside() -> dict[Path, str]:
    """Return the files whose digest was asked for in this process, each with its digest."""
    return dict(_beside)


def _is_kept(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return not hidden and path.suffix not in (".py", ".pyc") and not path.name.endswith("~")


@cache
def is_module(name: str) -> bool:
    """Say whether a dotted name is one of the project's modules."""
    if name.split(".")[0] not in PACKAGES:
        return False
    path = registry.ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def with_packages(names: Iterable[str]) -> list[str]:
    """Return dotted names, each after the names of the packages around it."""
    return [".".join(name.split(".")[:depth]) for name in names for depth in range(1, name.count(".") + 2)]


def forget() -> None:
    """Read every module anew when it is next asked for: its file may have changed."""
    _sources.clear()
    _beside.clear()
    for cached in (files_beside, is_module):
        cached.cache_clear()
