"""A whole output against the lines that an article shows for it, in order or in any order."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ensayar.matching.lines import BLANKS, Sort, line_matches, line_pattern, lines_of, stands_for_lines, tokens
from ensayar.model import EXACTLY, Comparison

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TRIMMED = r"[ \t\r\x0b\x0c]*\n"
_LINE = r"[^\n]*\n"


def matches(expected: Sequence[str], output: str, comparison: Comparison = EXACTLY) -> bool:
    """Whether *output* is what the lines *expected* describe."""
    seen = lines_of(output)
    if comparison.any_order:
        places = assigned(expected, seen, comparison)
        rows = sum(not stands_for_lines(line) for line in expected)
        return len(places) == rows and (rows < len(expected) or rows == len(seen))
    *_, last = reachable(expected, seen, comparison)
    return last[-1]


def reachable(expected: Sequence[str], seen: Sequence[str], comparison: Comparison = EXACTLY) -> Iterator[list[bool]]:
    """Row by row, from no expected line to all: item j says whether they can account for exactly the first j seen."""
    row = [True] + [False] * len(seen)
    yield row
    for line in expected:
        following = [False] * (len(seen) + 1)
        if stands_for_lines(line):
            open_end = False
            for position, reached in enumerate(row):
                open_end = open_end or reached
                following[position] = open_end
        else:
            for position, actual in enumerate(seen):
                following[position + 1] = row[position] and line_matches(line, actual, comparison.normalise)
        row = following
        yield row


def assigned(expected: Sequence[str], seen: Sequence[str], comparison: Comparison) -> dict[int, int]:
    """In any order: for as many expected lines as can be, by index, a seen line of its own."""
    place: dict[int, int] = {}
    owner: dict[int, int] = {}
    free: dict[str, list[int]] = {}
    for column in reversed(range(len(seen))):
        free.setdefault(seen[column], []).append(column)
    literal: list[int] = []
    open_rows: list[int] = []
    for row, line in enumerate(expected):
        if not stands_for_lines(line):
            plain = all(token.sort is Sort.TEXT for token in tokens(line, comparison.normalise))
            (literal if plain else open_rows).append(row)
    # a line without wildcards matches copies of itself only, so that giving it one takes nothing from the others
    for row in literal:
        same = free.get(expected[row].rstrip(BLANKS))
        if same:
            place[row] = same.pop()
            owner[place[row]] = -1
    candidates = [column for column in range(len(seen)) if column not in owner]
    edges = {
        row: [column for column in candidates if line_matches(expected[row], seen[column], comparison.normalise)]
        for row in open_rows
    }
    for row in open_rows:
        _augment(row, edges, place, owner)
    return place


def _augment(start: int, edges: dict[int, list[int]], place: dict[int, int], owner: dict[int, int]) -> None:
    """Give row *start* a column, moving others to their second choice where that helps (Kuhn 1955, breadth first)."""
    came: dict[int, int] = {}
    queue = [start]
    for row in queue:
        for column in edges[row]:
            if column in came:
                continue
            came[column] = row
            if column in owner:
                queue.append(owner[column])
                continue
            free: int | None = column
            while free is not None:
                taker = came[free]
                left = place.get(taker)
                place[taker], owner[free] = free, taker
                free = left
            return


def pattern(expected: Sequence[str], comparison: Comparison = EXACTLY) -> str:
    """One regular expression for a whole output, its lines ended by newlines.

    For tools outside Python (``grep -Pz`` in ``deploy.sh``); says the same as :func:`matches`.
    """
    if comparison.any_order:
        return _any_order(expected, comparison)
    segments = [""]
    for line in expected:
        if stands_for_lines(line):
            segments.append("")
        else:
            segments[-1] += line_pattern(line, comparison.normalise) + _TRIMMED
    first, *others = segments
    if not others:
        return first
    whole = f"(?:{_LINE})*"
    return first + "".join(f"(?>{whole}?{segment})" for segment in others[:-1] if segment) + f"{whole}{others[-1]}"


def _any_order(expected: Sequence[str], comparison: Comparison) -> str:
    """First what can be asked at once (how many lines, each of them is there), then each line for an expected one.

    An expected line is a group, so that a condition can tell whether it was found already.
    """
    rows = [line for line in expected if not stands_for_lines(line)]
    closed = len(rows) == len(expected)
    counts = Counter(line_pattern(line, comparison.normalise) + _TRIMMED for line in rows)
    asked = f"(?=(?:{_LINE}){{{len(rows)}}}\\z)" if closed else ""
    ways = []
    group = 0
    for line, count in counts.items():
        asked += f"(?=(?:(?>(?:{_LINE})*?{line})){{{count}}})"
        for copy in range(count):
            group += 1
            # of equal lines the first one that is not taken
            take = f"(?({group})(?!)|({line}))" if copy == 0 else f"(?({group})(?!)|(?({group - 1})({line})|(?!)))"
            ways.append(take)
    if closed:
        return f"{asked}(?:{'|'.join(ways)}){{{len(rows)}}}" if rows else ""
    found = "".join(f"(?({number})|(?!))" for number in range(1, group + 1))
    return f"{asked}(?:{'|'.join([*ways, _LINE])})*{found}"
