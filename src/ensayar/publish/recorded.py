"""Lays the output that a rehearsal saw over the output that the author wrote.

What comes in are expected lines and a machine's output that matches them; what goes out says, for each expected line,
which lines were seen there, and which stretches of them a wildcard accounts for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.matching import Sort, assigned, line_matches, lines_of, stands_for_lines, stretches
from ensayar.model import EXACTLY, Comparison

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
        return stands_for_lines(self.expected)


def align(expected: Sequence[str], output: str, comparison: Comparison = EXACTLY) -> list[Seen] | None:
    """Which lines of *output* stand where; ``None`` where the output is not the expected one.

    Of several ways the one is taken in which earlier wildcards account for as little as they can.
    """
    seen = lines_of(output)
    if comparison.any_order:
        return _in_any_order(expected, seen, comparison)
    rows, columns = len(expected), len(seen)
    # possible[i][j]: expected[i:] can account for exactly seen[j:]
    possible = [[False] * (columns + 1) for _ in range(rows + 1)]
    possible[rows][columns] = True
    for i in range(rows - 1, -1, -1):
        for j in range(columns, -1, -1):
            if stands_for_lines(expected[i]):
                possible[i][j] = possible[i + 1][j] or (j < columns and possible[i][j + 1])
            else:
                fits = j < columns and possible[i + 1][j + 1]
                possible[i][j] = fits and line_matches(expected[i], seen[j], comparison.normalise)
    if not possible[0][0]:
        return None
    result: list[Seen] = []
    j = 0
    for i, line in enumerate(expected):
        start = j
        if stands_for_lines(line):
            while not possible[i + 1][j]:
                j += 1
        else:
            j += 1
        result.append(Seen(line, tuple(seen[start:j])))
    return result


def _in_any_order(expected: Sequence[str], seen: Sequence[str], comparison: Comparison) -> list[Seen] | None:
    """In the author's order; the first wildcard accounts for all that no other line does."""
    place = assigned(expected, seen, comparison)
    taken = set(place.values())
    left = tuple(line for column, line in enumerate(seen) if column not in taken)
    result: list[Seen] = []
    for row, line in enumerate(expected):
        if stands_for_lines(line):
            result.append(Seen(line, left))
            left = ()
        elif row in place:
            result.append(Seen(line, (seen[place[row]],)))
        else:
            return None
    return None if left else result


def varying(expected: str, line: str, comparison: Comparison = EXACTLY) -> list[tuple[int, int]] | None:
    """Where in *line* the wildcards of *expected* stand; ``None`` where the line does not match."""
    found = stretches(expected, line, comparison.normalise)
    if found is None:
        return None
    return [(start, end) for token, start, end in found if token.sort is not Sort.TEXT and end > start]


def carry_over(
    start: int, end: int, expected: str, line: str, comparison: Comparison = EXACTLY
) -> tuple[int, int] | None:
    """Where in *line* stands what stands between *start* and *end* of *expected*, which it matches.

    ``None`` where a wildcard accounts for some of it.
    """
    position = 0
    for token, begin, _ in stretches(expected, line, comparison.normalise) or ():
        if token.sort is Sort.TEXT and position <= start and end <= position + len(token.text):
            return begin + start - position, begin + end - position
        position += len(token.text)
    return None
