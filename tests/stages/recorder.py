"""Which functions of the project run, written down by the functions themselves.

Modules that are imported after `install` are compiled from changed source: each function at the top of a module, and
each method of a class there, first notes its place. A tracer of Python's would be called for every function of every
library, and a run would take minutes.
"""

import ast
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

PACKAGES = ("pipeline", "stages")
NOTE = "_note_that_it_runs"

ran: set[tuple[str, str]] | None = None  # places, while they are wanted
importing = 0


def install() -> None:
    """Compile the project's modules with notes from now on. Raises RuntimeError where one is imported already."""
    there = [name for name in sys.modules if name.split(".")[0] in PACKAGES]
    if there:
        raise RuntimeError(f"imported already: {', '.join(there)}")
    sys.meta_path.insert(0, Finder())


@contextmanager
def recording() -> Iterator[set[tuple[str, str]]]:
    """The places, (module, name), that run in the block; what runs because a module is imported does not count."""
    global ran
    ran = set()
    try:
        yield ran
    finally:
        ran = None


def note(module: str, name: str) -> None:
    """Write a place down."""
    if ran is not None and not importing:
        ran.add((module, name))


class Finder(MetaPathFinder):
    """Finds what the usual finders find, and has it loaded with notes."""

    def find_spec(self, fullname: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of one of the project's modules."""
        if fullname.split(".")[0] not in PACKAGES:
            return None
        spec = PathFinder.find_spec(fullname, path)  # type: ignore[arg-type]
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = NotingLoader(fullname, spec.loader.path)
        return spec


class NotingLoader(SourceFileLoader, Loader):
    """Loads a module from its source with notes; nothing of it is kept beside the source."""

    def get_code(self, fullname: str) -> CodeType:
        """The code of the module."""
        return compile(with_notes(self.get_data(self.path).decode(), fullname), self.path, "exec")

    def exec_module(self, module: ModuleType) -> None:
        """Run the module, and write nothing down meanwhile."""
        global importing
        module.__dict__[NOTE] = note
        importing += 1
        try:
            super().exec_module(module)
        finally:
            importing -= 1


def with_notes(source: str, module: str) -> ast.Module:
    """The source's tree with a note at the beginning of every function at the top and of every method there."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not is_machine_code(node):
            add_note(node, module, node.name)
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    add_note(method, module, node.name)
    return ast.fix_missing_locations(tree)


def is_machine_code(function: ast.FunctionDef) -> bool:
    """Whether numba compiles a function: it then knows nothing of notes."""
    names = [ast.unparse(decorator) for decorator in function.decorator_list]
    return "compiled" in names and os.environ.get("NUMBA_DISABLE_JIT") != "1"


def add_note(function: ast.FunctionDef, module: str, name: str) -> None:
    """Put the note behind the docstring, from which some libraries read."""
    statement = ast.parse(f"{NOTE}({module!r}, {name!r})").body[0]
    for part in ast.walk(statement):
        ast.copy_location(part, function)
    has_docstring = ast.get_docstring(function, clean=False) is not None
    function.body.insert(1 if has_docstring else 0, statement)
