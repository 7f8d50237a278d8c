"""Reads the text of a console block: prompts, commands over several lines, and the output after them.

A command is complete when no quote, no here-document and no backslash at the line's end is open; that
much of bash's grammar (POSIX.1-2024, Shell Command Language, 2.2 and 2.7.4) is followed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ensayar.errors import Problem
from ensayar.model import Account, Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ensayar.model import Location

Line = tuple[str, "Location"]
PROMPTS = {"# ": Account.ROOT, "$ ": Account.USER}
_DELIMITER = re.compile(r"<<(-?)[ \t]*((?:'[^']*'|\"[^\"]*\"|\\.|[^\s;&|<>()'\"\\])+)")


@dataclass(slots=True)
class Transcript:
    """What a console block holds."""

    commands: list[Command] = field(default_factory=list)
    """In order, each with its output."""
    leading: list[str] = field(default_factory=list)
    """Lines of output before any prompt."""
    problems: list[Problem] = field(default_factory=list)
    """What cannot be understood."""


def _unquote(word: str) -> str:
    return re.sub(r"\\(.)|['\"]", lambda match: match[1] or "", word)


class _Scanner:
    """Walks through a command the way a shell's lexer does, as far as it takes to see whether it ends."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.index = 0
        self.quote = ""
        self.documents: list[tuple[str, bool]] = []
        self.comment_may_start = True

    def scan(self) -> str | None:
        """What is left open at the end, in words."""
        while self.index < len(self.text):
            char = self.text[self.index]
            if char == "\\" and self.quote != "'":
                if self.index + 1 >= len(self.text):
                    return "a backslash at the end"
                self.index += 2
                self.comment_may_start = False
            elif self.quote:
                self.quote = "" if char == self.quote else self.quote
                self.index += 1
            else:
                self.index = self._unquoted(char)
                self.comment_may_start = char in " \t\n;&|()"
        if self.documents:
            return f"here-document “{self.documents[0][0]}”"
        return {"'": "a single quote", '"': "a double quote"}.get(self.quote)

    def _unquoted(self, char: str) -> int:
        """The index after what begins with *char* outside quotes."""
        if char in "'\"":
            self.quote = char
        elif char == "#" and self.comment_may_start:
            end = self.text.find("\n", self.index)
            return len(self.text) if end < 0 else end
        elif char == "<" and self.text.startswith("<<<", self.index):
            return self.index + 3
        elif self.text.startswith("((", self.index):
            # an arithmetic expression: << shifts there, and no here-document can start before it ends
            end = self.text.find("))", self.index)
            return self.index + 1 if end < 0 else end + 2
        elif char == "<" and (match := _DELIMITER.match(self.text, self.index)):
            self.documents.append((_unquote(match[2]), bool(match[1])))
            return match.end()
        elif char == "\n" and self.documents:
            return self._skip_documents(self.index + 1)
        return self.index + 1

    def _skip_documents(self, start: int) -> int:
        """The index after the here-documents whose text begins at *start*."""
        while self.documents:
            if start > len(self.text):
                return len(self.text)
            end = self.text.find("\n", start)
            line = self.text[start:] if end < 0 else self.text[start:end]
            delimiter, strip = self.documents[0]
            if (line.lstrip("\t") if strip else line) == delimiter:
                self.documents.pop(0)
            start = len(self.text) + 1 if end < 0 else end + 1
        return min(start, len(self.text))


def unfinished(text: str) -> str | None:
    """What keeps a shell command from ending, in words; ``None`` for a complete one."""
    return _Scanner(text).scan()


def _command_text(lines: Sequence[Line], start: int) -> tuple[str, int, str | None]:
    """The command whose prompt stands in line *start*, the index after it, and what is left open."""
    text = lines[start][0][2:]
    index = start + 1
    if index < len(lines) and _is_secondary(lines[index][0]):
        while index < len(lines) and _is_secondary(lines[index][0]):
            text += "\n" + lines[index][0][2:]
            index += 1
        return text, index, unfinished(text)
    while (left_open := unfinished(text)) and index < len(lines):
        text += "\n" + lines[index][0]
        index += 1
    return text, index, left_open


def _is_secondary(line: str) -> bool:
    return line == ">" or line.startswith("> ")


def _output(line: str) -> str:
    """A line of output as the author means it: one backslash before a prompt is taken away."""
    return line[1:] if line.startswith(("\\# ", "\\$ ", "\\> ", "\\\\")) else line


def _without_trailing_blanks(lines: list[str]) -> tuple[str, ...]:
    while lines and not lines[-1].strip():
        lines.pop()
    return tuple(lines)


def parse_console(lines: Sequence[Line]) -> Transcript:
    """The commands of a console block given as its lines, each with its place."""
    transcript = Transcript()
    index = 0
    while index < len(lines) and lines[index][0][:2] not in PROMPTS:
        transcript.leading.append(_output(lines[index][0]))
        index += 1
    transcript.leading = list(_without_trailing_blanks(transcript.leading))
    while index < len(lines):
        line, location = lines[index]
        text, index, left_open = _command_text(lines, index)
        if left_open:
            transcript.problems.append(
                Problem(location, f"the command does not end ({left_open}); close it within the block")
            )
        if not text.strip():
            transcript.problems.append(Problem(location, "a prompt without a command; write one or remove the line"))
        expected: list[str] = []
        while index < len(lines) and lines[index][0][:2] not in PROMPTS:
            expected.append(_output(lines[index][0]))
            index += 1
        transcript.commands.append(Command(text, PROMPTS[line[:2]], _without_trailing_blanks(expected), location))
    return transcript
