"""Reads the text of a console block: prompts, commands over several lines, and the output after them.

A command is complete when no quote, parenthesis, ``${`` or here-document is open and the line ends in no backslash,
``|``, ``&&`` or ``||``; that much of bash's grammar (POSIX.1-2024, Shell Command Language, 2.2, 2.7.4 and 2.9.2) is
followed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ensayar.errors import Problem
from ensayar.matching import line_problem
from ensayar.model import Account, Command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ensayar.model import Location

Line = tuple[str, "Location"]
PROMPTS = {"# ": Account.ROOT, "$ ": Account.USER}
LONE_PROMPTS = frozenset({"#", "$"})  # docutils takes the blank at the end away
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


@dataclass(frozen=True, slots=True)
class _Document:
    """A here-document whose text has not begun yet."""

    delimiter: str
    """The line that ends it."""
    strip: bool
    """Whether tabs before that line are left out of account (``<<-``)."""
    literal: bool
    """Whether its delimiter was quoted, so that a backslash joins no lines."""


class _Scanner:
    """Walks through a command the way a shell's lexer does, as far as it takes to see whether it ends."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.index = 0
        self.quote = ""
        self.escapes = False  # whether a backslash escapes inside the open quote
        self.documents: list[_Document] = []
        self.brackets = ""  # “(” and “{” of “${” that are open
        self.comment_may_start = True
        self.operator = False  # whether the last thing was one after which the command goes on

    def scan(self) -> str | None:
        """What is left open at the end, in words."""
        while self.index < len(self.text):
            char = self.text[self.index]
            if char == "\\" and (self.quote != "'" or self.escapes):
                if self.index + 1 >= len(self.text):
                    return "a backslash at the end"
                joins = self.text[self.index + 1] == "\n"
                self.index += 2
                self.comment_may_start = self.comment_may_start and joins
                self.operator = self.operator and joins
            elif self.quote:
                self.quote = "" if char == self.quote else self.quote
                self.index += 1
            else:
                self._notice_operator(char)
                self.index = self._unquoted(char)
                self.comment_may_start = char in " \t\n;&|()<>"
        if self.documents:
            return f"here-document “{self.documents[0].delimiter}”"
        if self.operator and not self.quote:
            return "an operator at the end"
        return {"'": "a single quote", '"': "a double quote", "(": "a parenthesis", "{": "“${”"}.get(
            self.quote or self.brackets[-1:]
        )

    def _notice_operator(self, char: str) -> None:
        if char == "|" or (char == "&" and self.text[self.index - 1 : self.index] in ("&", "|")):
            self.operator = True
        elif char not in " \t\n" and not (char == "#" and self.comment_may_start):
            self.operator = False

    def _unquoted(self, char: str) -> int:
        """The index after what begins with *char* outside quotes."""
        if char in "'\"":
            self.quote = char
            self.escapes = char == "'" and self.text[self.index - 1 : self.index] == "$"
        elif char == "#" and self.comment_may_start:
            end = self.text.find("\n", self.index)
            return len(self.text) if end < 0 else end
        elif char == "<" and self.text.startswith("<<<", self.index):
            return self.index + 3
        elif self.text.startswith("((", self.index):
            # an arithmetic expression: << shifts there, and no here-document can start before it ends
            end = self.text.find("))", self.index)
            self.brackets += "((" if end < 0 else ""
            return self.index + 2 if end < 0 else end + 2
        elif char == "<" and (match := _DELIMITER.match(self.text, self.index)):
            delimiter = _unquote(match[2])
            self.documents.append(_Document(delimiter, bool(match[1]), delimiter != match[2]))
            return match.end()
        elif char == "\n" and self.documents:
            return self._skip_documents(self.index + 1)
        elif char == "(" or (char == "{" and self.text[self.index - 1 : self.index] == "$"):
            self.brackets += char
        elif char in ")}" and self.brackets.endswith({")": "(", "}": "{"}[char]):
            self.brackets = self.brackets[:-1]
        return self.index + 1

    def _skip_documents(self, start: int) -> int:
        """The index after the here-documents whose text begins at *start*."""
        joined = ""
        while self.documents and start <= len(self.text):
            end = self.text.find("\n", start)
            line = joined + (self.text[start:] if end < 0 else self.text[start:end])
            document = self.documents[0]
            joined = ""
            if (line.lstrip("\t") if document.strip else line) == document.delimiter:
                self.documents.pop(0)
            elif not document.literal and _ends_in_backslash(line):
                joined = line[:-1]
            start = len(self.text) + 1 if end < 0 else end + 1
        return min(start, len(self.text))


def _ends_in_backslash(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


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


def read_output(line: str) -> str:
    """A line of output as the author means it: one backslash before a prompt is taken away."""
    return line[1:] if line.startswith(("\\# ", "\\$ ", "\\> ", "\\\\")) or line in ("\\#", "\\$", "\\>") else line


def written_output(line: str, *, first: bool) -> str:
    """The inverse: *line* of output as it must be written; *first*: right after its command."""
    prompt = line[:2] in PROMPTS or line in LONE_PROMPTS or (first and _is_secondary(line))
    return f"\\{line}" if prompt or read_output(line) != line else line


def _output_problems(lines: Sequence[Line]) -> Iterator[Problem]:
    for line, location in lines:
        if line in LONE_PROMPTS:
            message = f"a prompt without a command; write one or remove the line (“\\{line}” if it is output)"
            yield Problem(location, message)
        problem = line_problem(read_output(line))
        if problem:
            yield Problem(location, problem)


def _without_trailing_blanks(lines: list[str]) -> tuple[str, ...]:
    while lines and not lines[-1].strip():
        lines.pop()
    return tuple(lines)


def parse_console(lines: Sequence[Line]) -> Transcript:
    """The commands of a console block given as its lines, each with its place."""
    transcript = Transcript()
    index = 0
    while index < len(lines) and lines[index][0][:2] not in PROMPTS:
        transcript.leading.append(read_output(lines[index][0]))
        index += 1
    transcript.problems.extend(_output_problems(lines[:index]))
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
        start = index
        while index < len(lines) and lines[index][0][:2] not in PROMPTS:
            index += 1
        transcript.problems.extend(_output_problems(lines[start:index]))
        expected = [read_output(line) for line, _ in lines[start:index]]
        transcript.commands.append(Command(text, PROMPTS[line[:2]], _without_trailing_blanks(expected), location))
    return transcript
