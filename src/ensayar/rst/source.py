"""What docutils would change or drop without a word: looked for in the files themselves and in the comments.

Characters that it takes for the end of a line, tabs, control characters, and directives that a missing colon or blank
turns into a comment.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from docutils import nodes

from ensayar.errors import Problem
from ensayar.model import Location
from ensayar.rst.directives import relative

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ensayar.console import Line

_LINE_ENDS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
# C0 and C1 controls but tab and line feed; marks that turn the direction of writing, so that a reader would see
# something else than what runs (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing)
REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_UNKNOWN = re.compile(r'Unknown directive type "(.*)"\.')
_COMMENT = re.compile(r"([A-Za-z-]+) ?:")
OURS = ("rehearse", "parameter", "code-block", "sourcecode", "screenshot")
EXACTLY = frozenset({"shared"})
"""Near enough to ordinary words that only the very word is meant."""


def decoded(path: Path) -> str:
    """The text of *path*: UTF-8, with or without byte order mark, line ends of any kind."""
    return path.read_text(encoding="utf-8-sig")


def character_problems(path: Path, root: Path) -> Iterator[Problem]:
    """The first character of each line of *path* that must not be there."""
    for number, line in enumerate(decoded(path).split("\n"), start=1):
        found = REFUSED.search(line)
        if found:
            what = "which ends a line here and in no editor" if found[0] in _LINE_ENDS else "which nobody can see"
            message = f"the character U+{ord(found[0]):04X}, {what}; remove it"
            yield Problem(Location(relative(str(path), root), number), message)


@lru_cache(maxsize=8)
def _lines(path: Path, _changed: int) -> tuple[str, ...]:
    return tuple(decoded(path).split("\n"))


def tab_problem(lines: Iterable[Line], root: Path) -> Problem | None:
    """The first tab in a block: the parser makes blanks of it, and the block would not be what the author wrote."""
    files: dict[str, tuple[str, ...]] = {}
    for _, place in lines:
        written = files.get(place.path)
        if written is None:
            path = root / place.path
            written = files[place.path] = _lines(path, path.stat().st_mtime_ns) if path.is_file() else ()
        if place.line <= len(written) and "\t" in written[place.line - 1]:
            message = "a tab, which reStructuredText turns into blanks; use blanks, or printf in a command"
            return Problem(place, message)
    return None


def _beginning(end: Location, first: str, root: Path) -> Location:
    """Where the comment begins whose *first* line is given; docutils knows the line where it has read all of it."""
    path = root / end.path
    lines = _lines(path, path.stat().st_mtime_ns) if path.is_file() else ()
    for number in range(min(end.line, len(lines)), 0, -1):
        if f".. {first}" in lines[number - 1]:
            return Location(end.path, number)
    return end


def _meant(name: str, known: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(name.lower(), list(known), n=1, cutoff=0.75)), None)


def comment_problems(document: nodes.document, root: Path, known: Iterable[str] = OURS) -> Iterator[Problem]:
    """Comments that were meant to be one of the directives *known*."""
    for node in document.findall(nodes.comment):
        found = _COMMENT.match(node.astext())
        meant = (found[1] if found[1] in EXACTLY else _meant(found[1], known)) if found else None
        if meant:
            place = Location(relative(node.source or document["source"], root), node.line or 1)
            yield Problem(
                _beginning(place, node.astext().split("\n")[0], root),
                f"a comment to reStructuredText, which drops it; write “.. {meant}::” and a blank",
            )


def meant_rehearse(problem: Problem) -> Problem | None:
    """*problem*, of a post without “rehearse”, where it is the reason why there is none."""
    if 'Error in "rehearse" directive' in problem.message:
        return problem
    found = _UNKNOWN.match(problem.message)
    if found and _meant(found[1], ["rehearse"]):
        return Problem(problem.location, f"unknown directive “{found[1]}”; did you mean “rehearse”?")
    return None
