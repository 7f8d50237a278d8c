"""Compares the output that an article shows with the output that the machine gave.

``...`` inside a line stands for anything in it, a line that is only ``...`` for any number of lines, and a
named normaliser such as ``<pid>`` for one value of its kind. Blanks at the end of lines, and empty lines at
the end, do not count.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY = "..."
_DATE = r"\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?"
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
_NUMBER = r"[+-]?\d+(?:[.,]\d+)*"
_DURATION = r"\d+(?:[.,]\d+)? ?(?:ns|µs|us|ms|min|s|h|d)(?: \d+(?:[.,]\d+)? ?(?:ms|min|s|h))*"
_VERSION = r"\d+(?:\.\d+)+(?:[-+~.:][0-9A-Za-z.+~-]+)?"
NORMALISERS = {
    "<pid>": r"[1-9]\d*",
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
    parts = []
    for part in _TOKEN.split(expected.rstrip()):
        if part == ANY:
            parts.append(r".*")
        elif part in NORMALISERS:
            parts.append(f"(?:{NORMALISERS[part]}|{re.escape(part)})")
        else:
            parts.append(re.escape(part))
    return "".join(parts)


def pattern(expected: Sequence[str]) -> str:
    """One regular expression for a whole output, its lines ended by newlines.

    For tools outside Python (``grep -Pz`` in ``deploy.sh``); says the same as :func:`matches`.
    """
    return "".join(r"(?:[^\n]*\n)*" if line.strip() == ANY else line_pattern(line) + r"[ \t\r]*\n" for line in expected)


@lru_cache(maxsize=4096)
def _compiled(expected: str) -> re.Pattern[str]:
    return re.compile(line_pattern(expected))


def lines_of(output: str) -> list[str]:
    """The lines of a machine's output as they are compared: ends trimmed, no empty lines at the end."""
    lines = [line.rstrip() for line in output.replace("\r\n", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _line_matches(expected: str, seen: str) -> bool:
    return expected.rstrip() == seen or _compiled(expected).fullmatch(seen) is not None


def matches(expected: Sequence[str], output: str) -> bool:
    """Whether *output* is what the lines *expected* describe."""
    seen = lines_of(output)
    # reachable[j]: the expected lines up to here can account for exactly the first j lines seen
    reachable = [True] + [False] * len(seen)
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
    return reachable[-1]


def difference(expected: Sequence[str], output: str) -> str:
    """A diff for people: ``-`` the article shows, ``+`` the machine printed, blank: both.

    Lines that a wildcard accounts for are shown as the wildcard.
    """
    seen = lines_of(output)
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
