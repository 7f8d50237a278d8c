"""Lays the output that a rehearsal saw over the output that the author wrote.

What comes in are expected lines and a machine's output that matches them; what goes out says, for each expected line,
which lines were seen there, and which stretches of them a wildcard accounts for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ensayar.matching import ANY, NORMALISERS, lines_of
from ensayar.publish.marking import WILDCARD

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen where the author wrote one line."""

    expected: str
    """The author's line, resolved."""
    lines: tuple[str, ...]
    """The machine's: exactly one, unless the author's line is a wildcard for any number."""

    @property
    def elided(self) -> bool:
        """Whether the author left lines out here."""
        return self.expected.strip() == ANY


def align(expected: Sequence[str], output: str) -> list[Seen] | None:
    """Which lines of *output* stand where; ``None`` where the output is not the expected one.

    Of several ways the one is taken in which earlier wildcards account for as little as they can.
    """
    seen = lines_of(output)
    rows, columns = len(expected), len(seen)
    # possible[i][j]: expected[i:] can account for exactly seen[j:]
    possible = [[False] * (columns + 1) for _ in range(rows + 1)]
    possible[rows][columns] = True
    for i in range(rows - 1, -1, -1):
        for j in range(columns, -1, -1):
            if expected[i].strip() == ANY:
                possible[i][j] = possible[i + 1][j] or (j < columns and possible[i][j + 1])
            else:
                possible[i][j] = j < columns and possible[i + 1][j + 1] and varying(expected[i], seen[j]) is not None
    if not possible[0][0]:
        return None
    result: list[Seen] = []
    j = 0
    for i, line in enumerate(expected):
        start = j
        if line.strip() == ANY:
            while not possible[i + 1][j]:
                j += 1
        else:
            j += 1
        result.append(Seen(line, tuple(seen[start:j])))
    return result


@lru_cache(maxsize=4096)
def _pattern(expected: str) -> re.Pattern[str]:
    """Like :func:`ensayar.matching.line_pattern`, with a group for each wildcard."""
    parts: list[str] = []
    position = 0
    for match in WILDCARD.finditer(expected):
        parts.append(re.escape(expected[position : match.start()]))
        kind = NORMALISERS.get(match[0])
        parts.append("(.*)" if kind is None else f"({kind}|{re.escape(match[0])})")
        position = match.end()
    parts.append(re.escape(expected[position:]))
    return re.compile("".join(parts))


def varying(expected: str, line: str) -> list[tuple[int, int]] | None:
    """Where in *line* the wildcards of *expected* stand; ``None`` where the line does not match."""
    spans = _spans(expected, line)
    return None if spans is None else [(start, end) for start, end in spans if start < end]


def _spans(expected: str, line: str) -> list[tuple[int, int]] | None:
    """Like :func:`varying`, with those that account for nothing."""
    if expected.rstrip() == line:
        return []
    match = _pattern(expected.rstrip()).fullmatch(line)
    if match is None:
        return None
    return [match.span(group) for group in range(1, match.re.groups + 1)]


def carry_over(start: int, end: int, expected: str, line: str) -> tuple[int, int] | None:
    """Where in *line* stands what stands between *start* and *end* of *expected*, which it matches.

    ``None`` where a wildcard accounts for some of it.
    """
    shift = 0
    for match, (begin, finish) in zip(WILDCARD.finditer(expected.rstrip()), _spans(expected, line) or (), strict=False):
        if end <= match.start():
            break
        if start < match.end():
            return None
        shift += (finish - begin) - (match.end() - match.start())
    return start + shift, end + shift
