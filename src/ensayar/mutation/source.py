"""Faults in source code: a statement, an element or a constant that is not as it should be.

Python is taken apart by :mod:`ast` and every altered text still parses; a shell script loses whole logical lines.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ensayar.console import unfinished
from ensayar.mutation import values
from ensayar.mutation.directives import lost
from ensayar.mutation.model import Edit
from ensayar.mutation.words import RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterator

Node = ast.expr | ast.stmt | ast.keyword
Span = tuple[int, int]
STATEMENTS = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return, ast.Raise, ast.Assert, ast.Delete)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
BODIES = ("body", "orelse", "finalbody")


class _Source:
    """A Python text and the places of its nodes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self.lines = text.split("\n")
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def _index(self, line: int, column: int) -> int:
        """The index of a place that ast gives: line from 1, column in bytes."""
        return self._starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def span(self, node: Node) -> Span:
        """Where *node* begins and ends."""
        assert node.end_lineno is not None  # noqa: S101  (for the type checker: ast.parse sets it)
        assert node.end_col_offset is not None  # noqa: S101  (likewise)
        return self._index(node.lineno, node.col_offset), self._index(node.end_lineno, node.end_col_offset)

    def edit(self, operator: str, span: Span, new: str, shown: Span | None = None) -> Edit | None:
        """*new* in the place of *span*; ``None`` where that is no Python any more. *shown* is what is said of it."""
        start, end = shown or span
        text = self.text[: span[0]] + new + self.text[span[1] :]
        line = self.text.count("\n", 0, start)
        try:
            if ast.dump(ast.parse(text)) == ast.dump(self.tree):
                return None
        except (SyntaxError, ValueError):
            return None
        return Edit(operator, line, self.text[start:end], "" if shown else new, text)


def _bodies(tree: ast.Module) -> Iterator[tuple[ast.AST, list[ast.stmt]]]:
    for node in ast.walk(tree):
        for name in BODIES:
            body = getattr(node, name, None)
            if isinstance(body, list) and body:
                yield node, body


def _may_be_lost(parent: ast.AST, statement: ast.stmt) -> bool:
    """Imports are not among them: that a name is missing shows at once, and proves little."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return False  # a docstring
    inner = isinstance(statement, DEFINITIONS) and isinstance(parent, ast.ClassDef)
    return isinstance(statement, STATEMENTS) or inner


def _statements(source: _Source) -> Iterator[Edit | None]:
    for parent, body in _bodies(source.tree):
        for statement in body:
            if not _may_be_lost(parent, statement):
                continue
            start, end = source.span(statement)
            if (
                isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
                and statement.decorator_list
            ):
                start = source.text.rindex("@", 0, source.span(statement.decorator_list[0])[0])
            line_start = source.text.rfind("\n", 0, start) + 1
            alone = not source.text[line_start:start].strip()
            if len(body) == 1:
                yield source.edit("statement-lost", (start, end), "pass", (start, end))
            elif alone:
                line_end = source.text.find("\n", end)
                whole = (line_start, len(source.text) if line_end < 0 else line_end + 1)
                # two statements in one line: both would be gone
                shared = sum(line_start <= source.span(other)[0] < whole[1] for other in body) > 1
                yield None if shared else source.edit("statement-lost", whole, "", (start, end))


def _elements(source: _Source) -> Iterator[Edit | None]:
    for node in ast.walk(source.tree):
        spans: list[Span] = []
        fixed = 0  # what stands before and may not be lost
        if isinstance(node, (ast.List, ast.Set)) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            spans = [source.span(item) for item in node.elts]
        elif isinstance(node, ast.Dict) and None not in node.keys:
            keys = [key for key in node.keys if key is not None]
            spans = [(source.span(key)[0], source.span(value)[1]) for key, value in zip(keys, node.values, strict=True)]
        elif isinstance(node, ast.Call) and all(keyword.arg for keyword in node.keywords):
            arguments: list[Node] = [*node.args, *node.keywords]
            spans = [source.span(item) for item in arguments]
            fixed = len(node.args)
        for index in range(fixed, len(spans)):
            yield source.edit("element-lost", _with_comma(source.text, spans, index), "", spans[index])


def _with_comma(text: str, spans: list[Span], index: int) -> Span:
    """The place of an element with the comma that goes with it."""
    start, end = spans[index]
    if index + 1 < len(spans):
        return start, spans[index + 1][0]
    if index:
        return spans[index - 1][1], end
    rest = text[end:]
    comma = end + len(rest) - len(rest.lstrip())
    return (start, comma + 1) if text.startswith(",", comma) else (start, end)


def _constants(source: _Source) -> Iterator[Edit | None]:
    docstrings = {
        id(statement.value) for _, body in _bodies(source.tree) for statement in body if isinstance(statement, ast.Expr)
    }
    parts = {id(part) for node in ast.walk(source.tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Constant) or id(node) in docstrings | parts:
            continue
        start, end = source.span(node)
        if isinstance(node.value, bool | int | float | str):
            for operator, new in values.another("", source.text[start:end]):
                yield source.edit(operator, (start, end), new)


def python(text: str) -> Iterator[Edit]:
    """Python: statements, elements of collections, keyword arguments and constants."""
    try:
        source = _Source(text)
    except (SyntaxError, ValueError):
        return
    for found in (_statements(source), _elements(source), _constants(source)):
        yield from (edit for edit in found if edit is not None)


def shell(text: str) -> Iterator[Edit]:
    """A shell script: one command is lost; lines that only hold a loop or a condition together are not."""
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        last = index
        while unfinished("\n".join(lines[index : last + 1])) and last + 1 < len(lines):
            last += 1
        first_word = (lines[index].split() or [""])[0]
        if first_word and not first_word.startswith("#") and first_word.rstrip(";") not in RESERVED | {";;"}:
            yield lost(lines, index, last, "line-lost")
        index = last + 1
