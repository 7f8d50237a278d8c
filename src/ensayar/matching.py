"""Compares the output that an article shows with the output that the machine gave.

``...`` inside a line stands for anything in it, a line that is only ``...`` for any number of lines, and a
named normaliser such as ``<pid>`` for one value of its kind. Blanks at the end of lines, and empty lines at
the end, do not count.

A wildcard inside a line ends at the first place where what follows it (up to the next wildcard) fits, and a
normaliser takes values of a bounded length: that keeps the time for a line proportional to its length.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ANY = "..."
_DATE = r"\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?"
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
_NUMBER = r"[+-]?\d{1,40}(?:[.,]\d{1,40}){0,12}"
_DURATION = (
    r"\d{1,20}(?:[.,]\d{1,20})? ?(?:ns|µs|us|ms|min|s|h|d)"
    r"(?: \d{1,20}(?:[.,]\d{1,20})? ?(?:ms|min|s|h)){0,4}"
)
_VERSION = r"\d{1,20}(?:\.\d{1,20}){1,12}(?:[-+~.:][0-9A-Za-z.+~-]{1,80})?"
_BLANKS = " \t\r\x0b\x0c"
MAX_CELLS = 400_000
"""Lines shown times lines printed: beyond, the best alignment of the two takes too long to look for."""
MANY = 20
NORMALISERS = {
    "<pid>": r"[1-9]\d{0,18}",
    "<fecha>": _DATE,
    "<date>": _DATE,
    "<hora>": _TIME,
    "<time>": _TIME,
    "<número>": _NUMBER,
    "<number>": _NUMBER,
    "<duración>": _DURATION,
    "<duration>": _DURATION,
    "<versión>": _VERSION,
    "<version>": _VERSION,
}
_TOKEN = re.compile("(" + "|".join([re.escape(ANY), *map(re.escape, NORMALISERS)]) + ")")


def line_pattern(expected: str) -> str:
    """The regular expression (Python's and PCRE's alike) for one expected line."""
    segments = [""]
    for part in _TOKEN.split(expected.rstrip(_BLANKS)):
        if part == ANY:
            segments.append("")
        elif part in NORMALISERS:
            segments[-1] += f"(?:{NORMALISERS[part]}|{part})"
        else:
            segments[-1] += re.escape(part).replace("\\ ", " ")  # a blank means itself, and deploy.sh is for readers
    first, *others = segments
    if not others:
        return first
    # atomic groups: what a wildcard has found is not looked for again, else k wildcards cost length to the power of k
    return first + "".join(f"(?>.*?{segment})" for segment in others[:-1] if segment) + f".*{others[-1]}"


def pattern(expected: Sequence[str]) -> str:
    """One regular expression for a whole output, its lines ended by newlines.

    For tools outside Python (``grep -Pz`` in ``deploy.sh``); says the same as :func:`matches`.
    """
    segments = [""]
    for line in expected:
        if line.strip() == ANY:
            segments.append("")
        else:
            segments[-1] += line_pattern(line) + r"[ \t\r\x0b\x0c]*\n"
    first, *others = segments
    if not others:
        return first
    whole = r"(?:[^\n]*\n)*"
    return first + "".join(f"(?>{whole}?{segment})" for segment in others[:-1] if segment) + f"{whole}{others[-1]}"


@lru_cache(maxsize=4096)
def _compiled(expected: str) -> re.Pattern[str]:
    return re.compile(line_pattern(expected), re.ASCII)


def lines_of(output: str) -> list[str]:
    """The lines of a machine's output as they are compared: ends trimmed, no empty lines at the end."""
    lines = [line.rstrip(_BLANKS) for line in output.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _line_matches(expected: str, seen: str) -> bool:
    if ANY not in expected and "<" not in expected:
        return expected.rstrip(_BLANKS) == seen
    return _compiled(expected).fullmatch(seen) is not None


def matches(expected: Sequence[str], output: str) -> bool:
    """Whether *output* is what the lines *expected* describe."""
    *_, last = _reachable(expected, lines_of(output))
    return last[-1]


def _reachable(expected: Sequence[str], seen: Sequence[str]) -> Iterator[list[bool]]:
    """Row by row, from no expected line to all: item j says whether they can account for exactly the first j seen."""
    reachable = [True] + [False] * len(seen)
    yield reachable
    for line in expected:
        following = [False] * (len(seen) + 1)
        if line.strip() == ANY:
            open_end = False
            for position, reached in enumerate(reachable):
                open_end = open_end or reached
                following[position] = open_end
        else:
            for position, actual in enumerate(seen):
                following[position + 1] = reachable[position] and _line_matches(line, actual)
        reachable = following
        yield reachable


def difference(expected: Sequence[str], output: str) -> str:
    """A diff for people: ``-`` the article shows, ``+`` the machine printed, blank: both.

    Lines that a wildcard accounts for are shown as the wildcard. Of a very long output only the part after the last
    line that fits is shown.
    """
    seen = lines_of(output)
    if len(expected) * len(seen) > MAX_CELLS:
        return "\n".join(_rough(expected, seen))
    # cost[i][j]: fewest unmatched lines between expected[i:] and seen[j:]
    rows, columns = len(expected), len(seen)
    cost = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows, -1, -1):
        for j in range(columns, -1, -1):
            if i == rows:
                cost[i][j] = columns - j
            elif expected[i].strip() == ANY:
                cost[i][j] = min(cost[i + 1][j], cost[i][j + 1] if j < columns else rows + columns)
            else:
                best = 1 + cost[i + 1][j]
                if j < columns:
                    best = min(best, 1 + cost[i][j + 1])
                    if _line_matches(expected[i], seen[j]):
                        best = min(best, cost[i + 1][j + 1])
                cost[i][j] = best
    return "\n".join(_walk(expected, seen, cost))


def _rough(expected: Sequence[str], seen: Sequence[str]) -> list[str]:
    """The difference in time proportional to the table's size and memory proportional to the output's."""
    fitting, position = 0, 0
    row: list[bool] = []
    for index, row in enumerate(_reachable(expected, seen)):
        if not any(row):
            break
        fitting, position = index, row.index(True)
    if row[-1]:
        return [f"  {line}" for line in expected]
    rest = seen[position:]
    return [
        *(f"  {line}" for line in expected[:fitting]),
        *(f"- {line}" for line in expected[fitting:]),
        *(f"+ {line}" for line in rest[:MANY]),
        *([f"+ … and {len(rest) - MANY} more lines"] if len(rest) > MANY else []),
    ]


def _walk(expected: Sequence[str], seen: Sequence[str], cost: list[list[int]]) -> list[str]:
    result: list[str] = []
    i = j = 0
    while i < len(expected) or j < len(seen):
        if i == len(expected):
            result.append(f"+ {seen[j]}")
            j += 1
        elif expected[i].strip() == ANY:
            if cost[i][j] == cost[i + 1][j]:
                result.append(f"  {ANY}")
                i += 1
            else:
                j += 1
        elif j < len(seen) and cost[i][j] == cost[i + 1][j + 1] and _line_matches(expected[i], seen[j]):
            result.append(f"  {seen[j]}")
            i, j = i + 1, j + 1
        elif cost[i][j] == 1 + cost[i + 1][j]:
            result.append(f"- {expected[i]}")
            i += 1
        else:
            result.append(f"+ {seen[j]}")
            j += 1
    return result
