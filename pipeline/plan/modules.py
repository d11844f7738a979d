"""The project's modules as their source shows them: definitions, other statements, and what names stand for."""

import ast
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pipeline.artifacts.hashes import hash_file
from pipeline.errors import UserError
from pipeline.registry import ROOT

IMPORT = "import"  # the name under which a module's statements stand
PACKAGES = ("pipeline", "stages")  # which the stage plan depends on
# A module in which this name is set carries messages, progress, errors or devices and changes no result.
HARMLESS = "CHANGES_NO_RESULT"
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER}
BLOCKS = {tokenize.INDENT: "⇥", tokenize.DEDENT: "⇤", tokenize.NEWLINE: "⏎"}
# Python 3.12 cuts an f-string into several tokens, 3.11 does not.
PIECES_BEGIN = {getattr(tokenize, name) for name in ("FSTRING_START", "TSTRING_START") if hasattr(tokenize, name)}
PIECES_END = {getattr(tokenize, name) for name in ("FSTRING_END", "TSTRING_END") if hasattr(tokenize, name)}

_sources: dict[str, tuple[Path, str]] = {}
_beside: dict[Path, str] = {}


class Imported(NamedTuple):
    """What a name that is bound by an import stands for: a module, or a name in one, the project's own or another's."""

    module: str
    name: str | None


class Reference(NamedTuple):
    """A name as the source uses it, and the attributes that follow it: `registry.load` is ("registry", ("load",))."""

    name: str
    attributes: tuple[str, ...]


@dataclass(frozen=True)
class Definition:
    """A function, class or assignment at the top of a module, or a statement that is none of these.

    Attributes:
        text: the source without comments, docstrings and layout.
        references: what it uses, in order of name.
        imports: names that it binds by imports of its own, each with all that it may stand for.
        imported: the project's modules that these import.
    """

    text: str
    references: tuple[Reference, ...]
    imports: Mapping[str, list[Imported]]
    imported: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Module:
    """A parsed module.

    Attributes:
        name: its dotted name.
        definitions: the statements that define each name; one that is assigned twice has both.
        statements: what runs at import and defines nothing.
        imports: what names bound by imports at the top stand for.
        imported: the project's modules that importing this one imports.
        is_harmless: whether it changes no result.
        source: the text of its statements.
    """

    name: str
    definitions: Mapping[str, list[ast.stmt]]
    statements: list[ast.stmt]
    imports: Mapping[str, list[Imported]]
    imported: tuple[str, ...]
    is_harmless: bool
    source: "_Source"


def read_module(name: str) -> Module:
    """Parse one of the project's modules.

    Raises ValueError for what cannot be followed: a relative import, `import *`, a module's own `__getattr__`; and
    UserError for what is not Python.
    """
    return _parse(name, read_source(name))


@cache
def _parse(name: str, source: str) -> Module:
    tree = _tree(name, source)
    definitions: dict[str, list[ast.stmt]] = {}
    statements: list[ast.stmt] = []
    imports: dict[str, list[Imported]] = {}
    imported: list[str] = []
    for node in _top_statements(tree):
        names = _defined_names(node)
        for defined in names:
            definitions.setdefault(defined, []).append(node)
        if isinstance(node, ast.Import | ast.ImportFrom):
            _bind(imports, name, node)
            imported += _modules_of(name, node)
        elif not names or _may_act(node):
            statements.append(node)
            for part in _imports_in(node):
                _bind(imports, name, part)
    if "__getattr__" in definitions:
        raise ValueError(f"{name}: defines __getattr__, so that nobody can tell what its names stand for")
    marks = definitions.get(HARMLESS, ())
    is_harmless = any(isinstance(node, ast.Assign) and ast.unparse(node.value) == "True" for node in marks)
    return Module(name, definitions, statements, imports, tuple(dict.fromkeys(imported)), is_harmless, _Source(source))


def _tree(name: str, source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise UserError(f"{source_path(name)}, line {error.lineno}: not valid Python: {error.msg}") from None


def read_definition(module: str, name: str) -> Definition:
    """A definition of a module; `import` and a number for a statement that defines nothing."""
    return _cut(read_module(module), name)


@cache
def _cut(module: Module, name: str) -> Definition:
    if name.startswith(f"{IMPORT} "):
        return _definition(module.name, [module.statements[int(name.removeprefix(f"{IMPORT} "))]], module.source)
    return _definition(module.name, module.definitions[name], module.source)


def forget() -> None:
    """Read every module anew when it is next asked for: its file may have changed."""
    _sources.clear()
    _beside.clear()
    for cached in (files_beside, is_module):
        cached.cache_clear()


def read_source(name: str) -> str:
    """The source of a module as it was when this process first asked for it."""
    if name not in _sources:
        path = source_path(name)
        _sources[name] = path, path.read_text(encoding="utf-8")
    return _sources[name][1]


def sources_read() -> dict[str, tuple[Path, str]]:
    """The modules that were asked for in this process, each with its file and its source as it was then."""
    return dict(_sources)


def source_path(module: str) -> Path:
    """The source file of a module (a package's is its `__init__.py`)."""
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def files_beside(module: str) -> tuple[Path, ...]:
    """The files that a module may read: templates and tables in its folder, and in folders below that are no packages.

    What nobody keeps in git is not meant: hidden files, compiled code.
    """
    folder = source_path(module).parent
    data = [path for path in folder.iterdir() if path.is_dir() and not (path / "__init__.py").exists()]
    found = [*folder.iterdir(), *(path for part in data for path in part.rglob("*"))]
    return tuple(sorted(path for path in found if path.is_file() and _is_kept(path.relative_to(folder))))


def digest_beside(path: Path) -> str:
    """The digest of such a file as it was when this process first asked for it."""
    if path not in _beside:
        _beside[path] = hash_file(path)
    return _beside[path]


def digests_beside() -> dict[Path, str]:
    """The files of which a digest was asked for in this process, each with it."""
    return dict(_beside)


def _is_kept(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return not hidden and path.suffix not in (".py", ".pyc") and not path.name.endswith("~")


@cache
def is_module(name: str) -> bool:
    """Whether a dotted name is one of the project's modules."""
    if name.split(".")[0] not in PACKAGES:
        return False
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _top_statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements of a module that run when it is imported, without its docstring."""
    for index, node in enumerate(tree.body):
        if index == 0 and _is_docstring(node):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'"):
            yield from node.orelse
            continue
        yield node


def _defined_names(node: ast.stmt) -> list[str]:
    """The names that a statement defines and does nothing else with; none for any other statement."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        targets = [part for target in node.targets for part in _flat(target)]
    elif isinstance(node, ast.AnnAssign | ast.AugAssign):
        targets = [node.target]
    else:
        return []
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    inside = [part.target.id for part in ast.walk(node) if isinstance(part, ast.NamedExpr)]
    return names + inside if len(names) == len(targets) else []


def _may_act(node: ast.stmt) -> bool:
    """Whether an assignment may do more than to bind its names: `_ = torch.set_num_threads(1)` calls a function."""
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and set(target.id) == {"_"} for target in node.targets
    )


def _imports_in(node: ast.stmt) -> list[ast.Import | ast.ImportFrom]:
    """The imports inside of a statement at the top of a module, in the branches of an `if` or a `try`."""
    return [part for part in ast.walk(node) if isinstance(part, ast.Import | ast.ImportFrom)]


def _flat(target: ast.expr) -> list[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        return [part for element in target.elts for part in _flat(element)]
    return [target]


def _definition(module: str, nodes: list[ast.stmt], source: "_Source") -> Definition:
    references: set[Reference] = set()
    imports: dict[str, list[Imported]] = {}
    imported: list[str] = []
    for node in nodes:
        for part in _used(node):
            if isinstance(part, ast.Import | ast.ImportFrom):
                _bind(imports, module, part)
                imported += _modules_of(module, part)
            else:
                references.add(_reference(part))
    text = "\n".join(source.text(node) for node in nodes)
    return Definition(text, tuple(sorted(references)), imports, tuple(dict.fromkeys(imported)))


def _used(node: ast.AST) -> Iterator[ast.Name | ast.Attribute | ast.Import | ast.ImportFrom]:
    """The names, chains of attributes and imports inside a node."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Name):
        yield node
        return
    if isinstance(node, ast.Attribute):
        if _chain(node) is not None:
            yield node
            return
        yield from _used(node.value)
        return
    for child in ast.iter_child_nodes(node):
        yield from _used(child)


def _chain(node: ast.expr) -> list[str] | None:
    """`a.b.c` as its parts; None where it does not begin with a name."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        before = _chain(node.value)
        return None if before is None else [*before, node.attr]
    return None


def _reference(node: ast.expr) -> Reference:
    name, *attributes = _chain(node) or []
    return Reference(name, tuple(attributes))


def _bind(imports: dict[str, list[Imported]], module: str, node: ast.Import | ast.ImportFrom) -> None:
    """Add the names that an import binds; a name may be bound by several, in branches of an `if` for instance."""
    if isinstance(node, ast.Import):
        # `import a.b` binds `a`; the attributes that follow the name say which module is meant.
        bound = [
            (alias.asname, Imported(alias.name, None))
            if alias.asname
            else (alias.name.split(".")[0], Imported(alias.name.split(".")[0], None))
            for alias in node.names
        ]
    else:
        source = _source_of(module, node)
        bound = [(alias.asname or alias.name, Imported(source, alias.name)) for alias in node.names]
    for name, found in bound:
        imports.setdefault(name, []).append(found)


def _modules_of(module: str, node: ast.Import | ast.ImportFrom) -> list[str]:
    """The project's modules that an import statement imports, the packages around them included."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        source = _source_of(module, node)
        names = [source, *(f"{source}.{alias.name}" for alias in node.names)]
    return [name for name in with_packages(names) if is_module(name)]


def with_packages(names: Iterable[str]) -> list[str]:
    """Dotted names, each after the packages around it."""
    return [".".join(name.split(".")[:depth]) for name in names for depth in range(1, name.count(".") + 2)]


def _source_of(module: str, node: ast.ImportFrom) -> str:
    if node.level or not node.module or any(alias.name == "*" for alias in node.names):
        raise ValueError(f"{module}: line {node.lineno} imports by a relative name or `*`; write the names in full")
    return node.module


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


class _Source:
    """The lines of a module, from which the text of a statement is put together."""

    def __init__(self, source: str):
        self.lines = source.splitlines(keepends=True)

    def text(self, node: ast.stmt) -> str:
        """The statement's tokens, one beside the other, without comments, docstrings, imports and layout."""
        decorators = getattr(node, "decorator_list", [])
        before = (decorators[0].lineno if decorators else node.lineno) - 1
        lines = iter(self.lines[before : node.end_lineno])
        left_out = _left_out(node)
        parts: list[str] = []
        depth, opened = 0, (0, 0)
        for kind, string, (row, column), (last, end), _ in tokenize.generate_tokens(lambda: next(lines, "")):
            start = (row + before, column)
            if row + before > (node.end_lineno or 0):
                break  # the ends of blocks, which stand before the next statement
            if kind in LAYOUT or any(span[0] <= start < span[1] for span in left_out):
                continue
            if kind in PIECES_BEGIN:
                opened = opened if depth else start
                depth += 1
            elif kind in PIECES_END:
                depth -= 1
                if not depth:
                    parts.append(self._between(opened, (last + before, end)))
            elif not depth:
                parts.append(BLOCKS.get(kind, string))
        return " ".join(_without_empty_lines(parts))

    def _between(self, begin: tuple[int, int], end: tuple[int, int]) -> str:
        lines = self.lines[begin[0] - 1 : end[0]]
        lines[-1] = lines[-1][: end[1]]
        lines[0] = lines[0][begin[1] :]
        return "".join(lines)


def _left_out(node: ast.stmt) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where docstrings and imports stand inside of a statement."""
    parts = list(ast.walk(node))
    documented = [part for part in parts if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    docstrings = [part.body[0] for part in documented if _is_docstring(part.body[0])]
    imports = [part for part in parts if isinstance(part, ast.Import | ast.ImportFrom)]
    return [_span(part) for part in [*docstrings, *imports]]


def _without_empty_lines(parts: Iterable[str]) -> list[str]:
    """The parts without the ends of lines of which nothing is left, and of blocks that stand before the first."""
    kept: list[str] = []
    for part in parts:
        if not kept and part in BLOCKS.values():
            continue
        if part == "⏎" and kept[-1] in BLOCKS.values():
            continue
        kept.append(part)
    return kept


def _span(node: ast.stmt) -> tuple[tuple[int, int], tuple[int, int]]:
    return (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
