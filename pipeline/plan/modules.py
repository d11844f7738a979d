"""The project's modules as their source shows them: definitions, other statements, and what names stand for."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from pipeline.errors import UserError
from pipeline.plan.source_text import SourceText, is_docstring
from pipeline.plan.sources import is_module, read_source, with_packages
from pipeline.registry import source_path

IMPORT = "import"  # the name under which a module's statements stand
# A module in which this name is set carries messages, progress, errors or devices and changes no result.
HARMLESS = "CHANGES_NO_RESULT"


class Imported(NamedTuple):
    """The meaning of a name that an import binds: a module, or a name in one, the project's own or another's."""

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
        references: the names that the definition uses, in order of name.
        imports: names bound by imports inside the definition, each with all that the name may stand for.
        imported: the project's modules that the imports inside the definition import.
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
    source: SourceText


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
    modules = tuple(dict.fromkeys(imported))
    return Module(name, definitions, statements, imports, modules, is_harmless, SourceText(source))


def _tree(name: str, source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise UserError(f"{source_path(name)}, line {error.lineno}: not valid Python: {error.msg}") from None


def read_definition(module: str, name: str) -> Definition:
    """Read a definition of a module by its name; `import` and a number name a statement that defines nothing."""
    return _cut(read_module(module), name)


@cache
def _cut(module: Module, name: str) -> Definition:
    if name.startswith(f"{IMPORT} "):
        return _definition(module.name, [module.statements[int(name.removeprefix(f"{IMPORT} "))]], module.source)
    return _definition(module.name, module.definitions[name], module.source)


def _top_statements(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements of a module that run when the module is imported, without its docstring."""
    for index, node in enumerate(tree.body):
        if index == 0 and is_docstring(node):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'"):
            yield from node.orelse
            continue
        yield node


def _defined_names(node: ast.stmt) -> list[str]:
    """List the names that a statement defines, if it does nothing else; none for any other statement."""
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
    """Say whether an assignment may do more than bind its names: `_ = torch.set_num_threads(1)` calls a function."""
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and set(target.id) == {"_"} for target in node.targets
    )


def _imports_in(node: ast.stmt) -> list[ast.Import | ast.ImportFrom]:
    """List the imports inside of a statement at the top of a module, in the branches of an `if` or a `try`."""
    return [part for part in ast.walk(node) if isinstance(part, ast.Import | ast.ImportFrom)]


def _flat(target: ast.expr) -> list[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        return [part for element in target.elts for part in _flat(element)]
    return [target]


def _definition(module: str, nodes: list[ast.stmt], source: SourceText) -> Definition:
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
    """Yield the names, chains of attributes and imports inside a node."""
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
    """Split an expression `a.b.c` into its parts; None where the expression does not begin with a name."""
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
    """List the project's modules that an import statement imports, the packages around them included."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    else:
        source = _source_of(module, node)
        names = [source, *(f"{source}.{alias.name}" for alias in node.names)]
    return [name for name in with_packages(names) if is_module(name)]


def _source_of(module: str, node: ast.ImportFrom) -> str:
    if node.level or not node.module or any(alias.name == "*" for alias in node.names):
        raise ValueError(f"{module}: line {node.lineno} imports by a relative name or `*`; write the names in full")
    return node.module
