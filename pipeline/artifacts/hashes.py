"""Hashes of files, folders and of the source code that a piece runs."""

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path

from pipeline.artifacts.require import require_file
from pipeline.registry import ROOT, source_path

# Code that carries values but computes none: an edit here asks for no stage to run again. Params are dependencies by
# value, and the registry's line of a word that a recipe uses stands in the recipe.
PLUMBING = (
    "pipeline",
    "pipeline.artifacts",
    "pipeline.config",
    "pipeline.errors",
    "pipeline.registry",
    "pipeline.runtime.cli",
    "pipeline.runtime.compiled",
    "pipeline.runtime.cores",
    "pipeline.runtime.devices",
    "pipeline.runtime.memory",
    "pipeline.runtime.messages",
    "pipeline.runtime.parent",
    "pipeline.runtime.progress",
    "pipeline.runtime.scratch",
    "stages",
)


def is_plumbing(module: str) -> bool:
    """Whether a module is plumbing: named above, or inside a package that is (but for the two roots)."""
    return module in PLUMBING or any(module.startswith(f"{name}.") for name in PLUMBING if "." in name)


def hash_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_path(path: Path) -> str:
    """The SHA-256 of a file, or of a folder: of its files' relative names and contents, in order of name.

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


def source_hashes(modules: Iterable[str]) -> dict[str, str]:
    """SHA-256 of the source of `modules` and of all of the project's modules that they import, in order of name.

    Imports are read from the source, those inside functions too; what is loaded through the registry has to be among
    `modules`. Raises ValueError for a relative import, which this does not follow.
    """
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module in found or is_plumbing(module):
            continue
        found.add(module)
        waiting += _imports(module)
    return {module: hash_file(source_path(module)) for module in sorted(found)}


def _imports(module: str) -> list[str]:
    """The project's modules that a module names in its import statements, and the packages that hold them."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source_path(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level or not node.module:
                raise ValueError(f"{module}: a relative import in line {node.lineno}; write the full name")
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    names = [name for name in names if name.split(".")[0] in ("pipeline", "stages")]
    parents = [
        ".".join(name.split(".")[:depth]) for name in [*names, module] for depth in range(1, name.count(".") + 1)
    ]
    return [name for name in [*names, *parents] if _is_module(name)]


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
