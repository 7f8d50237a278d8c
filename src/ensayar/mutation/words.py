"""A shell command's words with their places, so that one of them can be changed and the rest stays as it is.

Only plain commands are taken apart: simple ones joined by ``|``, ``&&``, ``||``, ``;`` or newlines. What holds a loop,
a condition, a function or a here-document is left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_RESERVED = "if then else elif fi for while until do done case esac select function time coproc { } [[ ! ( )"
RESERVED = frozenset(_RESERVED.split())
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_REDIRECT = re.compile(r"\d*(?:>>|>&|>\||>|<&|<>|<)|&>>?")
_CLOSING = {"(": ")", "{": "}"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command."""

    start: int
    """Index of its first character."""
    end: int
    """Index after its last one."""
    text: str
    """As written, with quotes."""

    @property
    def value(self) -> str:
        """Without quotes and backslashes; expansions stay as written."""
        return re.sub(r"\\(.)|['\"]", lambda match: match[1] or "", self.text)


@dataclass(slots=True)
class Simple:
    """A simple command."""

    words: list[Word] = field(default_factory=list)
    """Name and arguments, behind leading assignments."""
    assignments: list[Word] = field(default_factory=list)
    """``NAME=value`` before the name."""
    redirects: list[tuple[str, Word]] = field(default_factory=list)
    """Each redirection's operator and where it leads."""

    @property
    def name(self) -> str:
        """What is called, without its directory; empty for assignments alone."""
        return self.words[0].value.rpartition("/")[2] if self.words else ""

    @property
    def arguments(self) -> list[Word]:
        """The words after the name."""
        return self.words[1:]


def _quoted(text: str, index: int) -> int:
    """The index after the quoted text, expansion or character that begins at *index*."""
    char = text[index]
    if char == "\\":
        return index + 2
    if char == "'":
        return text.index("'", index + 1) + 1
    if char in '"`':
        index += 1
        while text[index] != char:
            nested = text[index] == "\\" or text.startswith("$(", index)
            index = _quoted(text, index) if nested else index + 1
        return index + 1
    if char == "$" and text[index + 1 : index + 2] in _CLOSING and text[index + 1 : index + 2]:
        closing = _CLOSING[text[index + 1]]
        index += 2
        while text[index] != closing:
            index = _quoted(text, index) if text[index] in "\\'\"`$(" else index + 1
        return index + 1
    if char == "(":  # inside an expansion only
        index += 1
        while text[index] != ")":
            index = _quoted(text, index) if text[index] in "\\'\"`$(" else index + 1
        return index + 1
    return index + 1


def _word(text: str, start: int) -> Word:
    index = start
    while index < len(text) and text[index] not in " \t\n;&|<>()":
        index = _quoted(text, index)
    return Word(start, index, text[start:index])


def _scan(text: str) -> list[Simple] | None:
    found = [Simple()]
    index = 0
    waiting = ""
    while index < len(text):
        char = text[index]
        redirect = _REDIRECT.match(text, index)
        if text.startswith("\\\n", index):
            index += 2
        elif char in " \t":
            index += 1
        elif char == "#":
            end = text.find("\n", index)
            index = len(text) if end < 0 else end
        elif text.startswith("<<", index) or char in "()":
            return None
        elif redirect:
            waiting = redirect[0]
            index = redirect.end()
        elif char in "\n;&|":
            found.append(Simple())
            index += 1
        else:
            word = _word(text, index)
            index = word.end
            _place(found[-1], word, waiting)
            waiting = ""
    return [simple for simple in found if simple.words or simple.assignments or simple.redirects]


def _place(simple: Simple, word: Word, redirect: str) -> None:
    if redirect:
        simple.redirects.append((redirect, word))
    elif not simple.words and ASSIGNMENT.match(word.text):
        simple.assignments.append(word)
    else:
        simple.words.append(word)


def simple_commands(text: str) -> list[Simple]:
    """The simple commands of *text*, in order; none where it is more than that."""
    try:
        found = _scan(text)
    except (IndexError, ValueError):  # something is left open
        return []
    if not found or any(simple.words and simple.words[0].text in RESERVED for simple in found):
        return []
    return found


def without(text: str, *words: Word) -> str:
    """*text* without *words* and the blanks before them."""
    for word in sorted(words, key=lambda each: each.start, reverse=True):
        start = word.start
        while start and text[start - 1] in " \t":
            start -= 1
        text = text[:start] + text[word.end :]
    return text.lstrip(" \t")


def instead(text: str, word: Word, new: str) -> str:
    """*text* with *new* in the place of *word*."""
    return text[: word.start] + new + text[word.end :]
