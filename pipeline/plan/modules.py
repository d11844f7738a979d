"""The project's modules as their source shows them: definitions, other statements, and what names stand for."""

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pipeline.registry import ROOT

PACKAGES = ("pipeline", "stages", "tools")
# A module in which this name is set carries messages, progress, errors or devices and changes no result.
HARMLESS = "CHANGES_NO_RESULT"
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER}
BLOCKS = {tokenize.INDENT: "⇥", tokenize.DEDENT: "⇤", tokenize.NEWLINE: "⏎"}
# Python 3.12 cuts an f-string into several tokens, 3.11 does not.
PIECES_BEGIN = {getattr(tokenize, name) for name in ("FSTRING_START", "TSTRING_START") if hasattr(tokenize, name)}
PIECES_END = {getattr(tokenize, name) for name in ("FSTRING_END", "TSTRING_END") if hasattr(tokenize, name)}


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


@dataclass(frozen=True)
class Module:
    """A parsed module.

    Attributes:
        definitions: by name; a name that is assigned twice has both statements in one.
        statements: what runs at import and defines nothing.
        imports: what names bound by imports at the top stand for.
        imported: the project's modules that importing this one imports.
        is_harmless: whether it changes no result.
    """

    definitions: Mapping[str, Definition]
    statements: tuple[Definition, ...]
    imports: Mapping[str, list[Imported]]
    imported: tuple[str, ...]
    is_harmless: bool


@cache
def read_module(name: str) -> Module:
    """Parse one of the project's modules.

    Raises ValueError for what cannot be followed: a relative import, `import *`, a module's own `__getattr__`.
    """
    source = source_path(name).read_text(encoding="utf-8")
    tree = ast.parse(source)
    cut = _Source(source, tree)
    named: dict[str, list[ast.stmt]] = {}
    statements: list[ast.stmt] = []
    imports: dict[str, list[Imported]] = {}
    imported: list[str] = []
    for node in _top_statements(tree):
        names = _defined_names(node)
        for defined in names:
            named.setdefault(defined, []).append(node)
        if isinstance(node, ast.Import | ast.ImportFrom):
            _bind(imports, name, node)
            imported += _modules_of(name, node)
        elif not names or _may_act(node):
            statements.append(node)
            for part in _imports_in(node):
                _bind(imports, name, part)
    if "__getattr__" in named:
        raise ValueError(f"{name}: defines __getattr__, so that nobody can tell what its names stand for")
    return Module(
        {defined: _definition(name, nodes, cut) for defined, nodes in named.items()},
        tuple(_definition(name, [node], cut) for node in statements),
        imports,
        tuple(dict.fromkeys(imported)),
        any(isinstance(node, ast.Assign) and ast.unparse(node.value) == "True" for node in named.get(HARMLESS, ())),
    )


def source_path(module: str) -> Path:
    """The source file of a module (a package's is its `__init__.py`)."""
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


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
    """A module's tokens, from which the text of a statement is put together."""

    def __init__(self, source: str, tree: ast.Module):
        self.lines = source.splitlines(keepends=True)
        self.tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
        self.left_out = [
            _span(node.body[0])
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and _is_docstring(node.body[0])
        ]
        self.left_out += [_span(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]

    def text(self, node: ast.stmt) -> str:
        """The statement's tokens, one beside the other, without comments, docstrings, imports and layout."""
        decorators = getattr(node, "decorator_list", [])
        first = decorators[0].lineno if decorators else node.lineno
        last = node.end_lineno or node.lineno
        parts: list[str] = []
        depth, begin = 0, (0, 0)
        for token in self.tokens:
            if not first <= token.start[0] <= last or token.type in LAYOUT or self._is_left_out(token.start):
                continue
            if token.type in PIECES_BEGIN:
                begin = begin if depth else token.start
                depth += 1
            elif token.type in PIECES_END:
                depth -= 1
                if not depth:
                    parts.append(self._between(begin, token.end))
            elif not depth:
                parts.append(BLOCKS.get(token.type, token.string))
        return " ".join(_without_empty_lines(parts))

    def _is_left_out(self, place: tuple[int, int]) -> bool:
        return any(begin <= place < end for begin, end in self.left_out)

    def _between(self, begin: tuple[int, int], end: tuple[int, int]) -> str:
        lines = self.lines[begin[0] - 1 : end[0]]
        lines[-1] = lines[-1][: end[1]]
        lines[0] = lines[0][begin[1] :]
        return "".join(lines)


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
