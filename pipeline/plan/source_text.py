"""The text of a statement as it counts: no comments, docstrings, imports or layout, alike in all versions of Python."""

import ast
import tokenize
from collections.abc import Iterable

LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER}
BLOCKS = {tokenize.INDENT: "⇥", tokenize.DEDENT: "⇤", tokenize.NEWLINE: "⏎"}
# Python 3.12 cuts an f-string into several tokens, 3.11 does not.
PIECES_BEGIN = {getattr(tokenize, name) for name in ("FSTRING_START", "TSTRING_START") if hasattr(tokenize, name)}
PIECES_END = {getattr(tokenize, name) for name in ("FSTRING_END", "TSTRING_END") if hasattr(tokenize, name)}


class SourceText:
    """The lines of a module, from which the text of a statement is put together."""

    def __init__(self, source: str):
        self.lines = source.splitlines(keepends=True)

    def text(self, node: ast.stmt) -> str:
        """Return the statement's tokens, one beside the other, without comments, docstrings, imports and layout."""
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
    """Return the spans of docstrings and imports inside of a statement."""
    parts = list(ast.walk(node))
    documented = [part for part in parts if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    docstrings = [part.body[0] for part in documented if is_docstring(part.body[0])]
    imports = [part for part in parts if isinstance(part, ast.Import | ast.ImportFrom)]
    return [_span(part) for part in [*docstrings, *imports]]


def _without_empty_lines(parts: Iterable[str]) -> list[str]:
    """Drop the ends of lines of which nothing is left, and the marks of blocks before the first other part."""
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


def is_docstring(node: ast.stmt) -> bool:
    """Say whether a statement is nothing but text."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
