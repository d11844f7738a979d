"""Read the docstrings of installed packages from their source, without importing anything."""

import ast
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import UserError

# Tests talk about tests. numpy/distutils is in the wheels of some Python versions only. transformers/models
# holds 2,500 files of near copies, which take longer to parse than everything else together.
SKIPPED_FOLDERS = frozenset({"tests", "test", "testing", "benchmarks", "distutils", "externals", "models"})

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
# Every node that a definition can stand in; expressions are never entered, which is half of the time saved.
_Block = ast.stmt | ast.ExceptHandler | ast.match_case


class Docstring(NamedTuple):
    """A docstring and the parts of the module that it stands in: `("scipy", "optimize", "_root")`."""

    module: tuple[str, ...]
    text: str


def read_docstrings(site_packages: Path, package: str) -> list[Docstring]:
    """Read the docstrings of every class and function of a package, in the order of file names, then of the source.

    `package` is a folder below `site_packages` (`scipy`, `torch/nn`). Private folders (`_vendor`), tests and
    files that Python cannot decode or parse are passed over. Raises UserError where there is no such folder.
    """
    root = site_packages / package
    if not root.is_dir():
        raise UserError(
            f"collect: there is no package '{package}' in the environment; the embedded competition is made "
            "of its docstrings. Install what requirements.lock names: `make install`"
        )
    docstrings = []
    for path in _list_sources(root):
        module = path.relative_to(site_packages).with_suffix("").parts
        docstrings += [Docstring(module, text) for text in parse_docstrings(path.read_bytes())]
    return docstrings


def parse_docstrings(source: bytes) -> list[str]:
    """Return the docstrings of the classes and functions in one file, nested ones too, indentation removed.

    A file that does not parse has none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in others' code are no news for our users
            tree = ast.parse(source)
    except (SyntaxError, ValueError):  # ValueError: a null byte, in some Python versions
        return []
    docstrings = (ast.get_docstring(node) for node in _find_definitions(tree))
    return [text for text in docstrings if text]


def _list_sources(folder: Path) -> Iterator[Path]:
    """Yield the Python files below a folder in the order of names; folders to skip are never entered."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.is_dir():
            if path.name not in SKIPPED_FOLDERS and not path.name.startswith(("_", ".")):
                yield from _list_sources(path)
        elif path.suffix == ".py" and path.name != "conftest.py":
            yield path


def _find_definitions(node: ast.AST) -> Iterator[_Definition]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Definition):
            yield child
        if isinstance(child, _Block):
            yield from _find_definitions(child)
