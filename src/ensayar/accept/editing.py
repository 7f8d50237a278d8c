"""Outputs in their source files: found, compared with what was read there, and replaced line by line.

A file is bytes here as well as lines: line ends, blanks at the end of lines, a byte order mark and a missing newline at
the end of the file stay as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.console import read_output, written_output
from ensayar.errors import ArticleError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ensayar.accept.merging import Line
    from ensayar.model import Command, Location

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Edit:
    """New lines for one output."""

    step: str
    """Whose it is."""
    location: Location
    """The line of the command; of the directive where the block shows another terminal's output."""
    command: Command | None
    """Raw; ``None`` where the block shows another terminal's output."""
    expected: tuple[str, ...]
    """The lines that stand there now, raw."""
    lines: tuple[Line, ...]
    """Those that should."""

    def problem(self, message: str) -> Problem:
        """What is wrong with it."""
        return Problem(self.location, f"step “{self.step}”: {message}")


def split(text: str) -> list[str]:
    """The lines of *text* with their ends, which are those that editors know."""
    return _LINES.findall(text)


def _body(line: str) -> str:
    return line.rstrip("\r\n")


def _first_line(lines: Sequence[str], edit: Edit) -> tuple[int, str]:
    """The index of the first line of output, and what stands before it in the line."""
    index = edit.location.line - 1
    if edit.command is not None:
        text = edit.command.text.split("\n")
        prompt = f"{edit.command.account.value} {text[0]}".rstrip()
        body = _body(lines[index]).rstrip()
        return index + len(text), body.removesuffix(prompt) if body.endswith(prompt) else "?"
    while index < len(lines) and lines[index].strip():
        index += 1  # the directive and its options
    while index < len(lines) and not lines[index].strip():
        index += 1
    body = _body(lines[index]).rstrip() if index < len(lines) else ""
    for form in (f"\\{edit.expected[0]}", edit.expected[0]):
        if body.endswith(form):
            return index, body.removesuffix(form)
    return index, "?"


def _stands_there(lines: Sequence[str], edit: Edit, first: int, indent: str) -> bool:
    """Whether the file holds what was read from it."""
    if indent.strip() or first + len(edit.expected) > len(lines):
        return False
    for line, shown in zip(lines[first:], edit.expected, strict=False):
        body = _body(line).rstrip()
        if not shown.strip():
            if body:
                return False
        elif not body.startswith(indent) or read_output(body.removeprefix(indent)) != shown:
            return False
    return True


def _replaced(lines: Sequence[str], edit: Edit) -> tuple[slice, list[str]]:
    first, indent = _first_line(lines, edit)
    if not _stands_there(lines, edit, first, indent):
        message = (
            "its output does not stand in lines of its own, as in a table drawn with lines; "
            "edit it by hand, or use “list-table”"
        )
        raise ArticleError([edit.problem(message)])
    old = lines[first : first + len(edit.expected)]
    before = lines[first - 1]
    end = before[len(_body(before)) :] or "\n"
    new = []
    for index, line in enumerate(edit.lines):
        after_command = index == 0 and edit.command is not None
        form = written_output(line.text, first=after_command)
        if line.row is not None and line.text == edit.expected[line.row]:
            body = _body(old[line.row])
            escaped = after_command and body.rstrip().removeprefix(indent) != form and form.startswith("\\")
            new.append((f"{indent}{form}" if escaped else body) + end)
        else:
            new.append((f"{indent}{form}" if form else "") + end)
    return slice(first, first + len(old)), new


def apply(text: str, edits: Iterable[Edit]) -> str:
    """*text* with the outputs of *edits* replaced.

    :raises ArticleError: one does not stand there in a form that can be rewritten.
    """
    lines = split(text)
    unfinished = bool(lines) and not lines[-1].endswith(("\r", "\n"))
    for edit in sorted(edits, key=lambda edit: edit.location.line, reverse=True):
        place, new = _replaced(lines, edit)
        at_end = place.stop == len(lines)
        lines[place] = new
        if at_end and unfinished:
            lines[-1] = _body(lines[-1])
    return "".join(lines)
