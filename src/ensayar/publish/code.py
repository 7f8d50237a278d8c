"""Colours for code, as classes: a few kinds that the style sheet knows, nothing inline.

Pygments only says what a piece is; the text that comes out is the text that went in, or the block stays uncoloured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String
from pygments.util import ClassNotFound

from ensayar.publish.html import element
from ensayar.publish.marking import Mark, resolve, safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pygments.token import _TokenType

CLASSES: dict[_TokenType, str] = {
    Comment: "c",
    Comment.Preproc: "k",
    Generic.Deleted: "gd",
    Generic.Heading: "gh",
    Generic.Inserted: "gi",
    Generic.Subheading: "gh",
    Keyword: "k",
    Name.Attribute: "na",
    Name.Builtin: "nb",
    Name.Class: "nf",
    Name.Decorator: "nb",
    Name.Function: "nf",
    Name.Namespace: "na",
    Name.Tag: "k",
    Name.Variable: "nv",
    Number: "m",
    Operator.Word: "k",
    String: "s",
}


def _class_of(kind: _TokenType) -> str:
    current: _TokenType | None = kind
    while current is not None:
        if current in CLASSES:
            return CLASSES[current]
        current = current.parent
    return ""


def _pieces(text: str, language: str) -> Iterator[tuple[str, str]]:
    """Class and text of each piece of *text*.

    :raises ValueError: Pygments knows no such language.
    """
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound as error:
        message = f"no highlighter is called “{language}”; see https://pygments.org/languages/, or write “text”"
        raise ValueError(message) from error
    pieces = [(_class_of(kind), value) for kind, value in lexer.get_tokens(text)]
    # published = tested: a lexer that alters text has no say
    return iter(pieces if "".join(value for _, value in pieces) == text else [("", text)])


def coloured(raw: str, language: str, values: Mapping[str, str]) -> list[Markup]:
    """The lines of *raw*, without their newlines, resolved and coloured.

    :raises ValueError: Pygments knows no such language.
    """
    text, marks = resolve(raw, values)
    lines: list[list[Markup]] = [[]]
    position = 0
    for name, piece in _pieces(text, language):
        for start, end, mark in _cut(position, position + len(piece), marks):
            for number, part in enumerate(text[start:end].split("\n")):
                if number:
                    lines.append([])
                if part or mark:
                    lines[-1].append(_written(part, name, mark, start, end))
        position += len(piece)
    return [Markup("").join(parts) for parts in lines]


def _written(part: str, name: str, mark: Mark | None, start: int, end: int) -> Markup:
    content = element("span", safe(part), class_=name) if name and part.strip() else safe(part)
    if mark is None:
        return content
    opening = mark.opening if start == mark.start else ""
    closing = mark.closing if end == mark.end else ""
    return Markup("{}{}{}").format(opening, content, closing)


def _cut(start: int, end: int, marks: list[Mark]) -> Iterator[tuple[int, int, Mark | None]]:
    """The stretch from *start* to *end*, cut where a mark begins or ends."""
    position = start
    for mark in marks:
        if mark.end <= position or mark.start >= end:
            continue
        if mark.start > position:
            yield position, mark.start, None
            position = mark.start
        until = min(end, mark.end)
        yield position, until, mark
        position = until
    if position < end:
        yield position, end, None
