"""The lines that a block shows and the output that was seen, merged: what still fits stays as the author wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.accept.writing import resolved, written
from ensayar.matching import (
    ANY,
    Sort,
    aligned,
    line_matches,
    line_problem,
    lines_of,
    matches,
    stands_for_lines,
    tokens_of,
)
from ensayar.parameters import MARK, substitute

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ensayar.accept.writing import Marks
    from ensayar.model import Comparison

MAX_CELLS = 4_000_000
"""Shown lines times printed lines; beyond, nobody wants to read the result."""
_MAX_LINE_CELLS = 100_000
_LONGEST_VALUE = 120
_INSERTED = 1.0
_ABSORBED = 0.9  # by a wildcard: cheaper than new text, but not by so much that it would eat what can be kept
_LOST_TOKEN = 3.0
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the new output."""

    row: int | None
    """Index of the old line that it stands for; ``None``: it is new."""
    text: str
    """Raw."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A part of an old line that is kept or dropped as a whole."""

    raw: str
    """As the author wrote it."""
    text: str
    """With the value in place of a mark; empty for a token that stands for something else."""
    pattern: re.Pattern[str] | None
    """What such a token matches; ``None`` for a text and for ``...``."""

    @property
    def anything(self) -> bool:
        return self.raw == ANY


def merged(expected: Sequence[str], output: str, comparison: Comparison, marks: Marks) -> list[Line] | None:
    """The new lines for the raw lines *expected*; ``None`` where *output* is what they describe.

    :raises ValueError: there are too many of them.
    """
    values = resolved(expected, marks)
    if matches(values, output, comparison):
        return None
    seen = lines_of(output)
    if len(expected) * len(seen) > MAX_CELLS:
        message = f"{len(seen)} lines were printed, which is too much to take over; shorten it by hand, with “...”"
        raise ValueError(message)
    result: list[Line] = []
    for pair in aligned(values, seen, comparison):
        if pair.row is None and pair.column is not None and not pair.fits:
            result.append(Line(None, _new(seen[pair.column], comparison, marks)))
        elif pair.row is not None and pair.fits:
            result.append(Line(pair.row, expected[pair.row]))
        elif pair.row is not None and pair.column is not None:
            result.append(Line(pair.row, _changed(expected[pair.row], seen[pair.column], comparison, marks)))
    kept = {line.row for line in result}
    lost = [row for row, line in enumerate(expected) if row not in kept and not stands_for_lines(line)]
    if seen and lost and all(stands_for_lines(line.text) for line in result):
        _keep_a_line(result, lost[0], _new(seen[0], comparison, marks), _new(seen[-1], comparison, marks))
    while result and not result[-1].text.strip():
        result.insert(0, result.pop())  # in any order only: at the end of a block it would be dropped
    return result


def _keep_a_line(result: list[Line], lost: int, first: str, last: str) -> None:
    """Where wildcards alone are left, the block shows nothing and matches anything: a line for the *lost* one stays."""
    if any(line.row is not None and line.row < lost for line in result):
        result.append(Line(None, last))
    else:
        result.insert(0, Line(None, first))


def _fits(raw: str, line: str, comparison: Comparison, marks: Marks) -> bool:
    return line_problem(raw) is None and line_matches(substitute(raw, marks.values), line, comparison.normalise)


def _new(line: str, comparison: Comparison, marks: Marks) -> str:
    text = written(line, marks)
    return text if _fits(text, line, comparison, marks) else ANY


def _changed(raw: str, line: str, comparison: Comparison, marks: Marks) -> str:
    """*raw* with as little changed as makes it match *line*."""
    units = list(_units(raw, comparison, marks))
    if len(units) * len(line) <= _MAX_LINE_CELLS:
        text = _laid_over(units, line, marks)
        if _fits(text, line, comparison, marks):
            return text
    return _new(line, comparison, marks)


def _units(raw: str, comparison: Comparison, marks: Marks) -> Iterator[_Unit]:
    position = 0
    for mark in MARK.finditer(raw):
        yield from _plain_units(raw[position : mark.start()], comparison)
        yield _Unit(mark[0], marks.values.get(mark[1], mark[0]), None)
        position = mark.end()
    yield from _plain_units(raw[position:], comparison)


def _plain_units(raw: str, comparison: Comparison) -> Iterator[_Unit]:
    for token in tokens_of(raw, comparison.normalise):
        if token.sort is Sort.TEXT:
            yield from (_Unit(word, word, None) for word in _WORDS.findall(token.text))
        elif token.sort is Sort.ANYTHING:
            yield _Unit(token.text, "", None)
        else:
            yield _Unit(token.text, "", re.compile(token.pattern, re.ASCII))


def _ends(unit: _Unit, line: str, at: int) -> Iterator[int]:
    """Where *unit* may end if it is kept at *at*."""
    if unit.anything:
        yield at  # or further on, see _laid_over
    elif unit.pattern is None:
        if line.startswith(unit.text, at):
            yield at + len(unit.text)
    elif unit.pattern.match(line, at):
        for end in range(at, min(at + _LONGEST_VALUE, len(line)) + 1):
            if unit.pattern.fullmatch(line, at, end):
                yield end


_DROPPED, _NEW, _TAKEN = -1, -2, -3


def _laid_over(units: Sequence[_Unit], line: str, marks: Marks) -> str:
    """The cheapest way to keep *units* in *line*; what stands between them is the line's."""
    width = len(line) + 1
    # cost[i][j]: of units[i:] over line[j:]; way[i][j]: where unit i ends, or that it is dropped, or that the next
    # character is new before it, or taken by it, a wildcard
    cost = [[0.0] * width for _ in range(len(units))] + [[_INSERTED * (width - 1 - j) for j in range(width)]]
    way = [[_NEW] * width for _ in range(len(units) + 1)]
    for i in range(len(units) - 1, -1, -1):
        unit = units[i]
        step, price = (_TAKEN, _ABSORBED) if unit.anything else (_NEW, _INSERTED)
        for j in range(width - 1, -1, -1):
            choices = [(cost[i + 1][end], end) for end in _ends(unit, line, j)]
            choices.append(((len(unit.text) or _LOST_TOKEN) + cost[i + 1][j], _DROPPED))
            if j < width - 1:
                choices.append((price + cost[i][j + 1], step))
            cost[i][j], way[i][j] = min(choices, key=lambda choice: choice[0])
    return _walked(units, line, way, marks)


def _walked(units: Sequence[_Unit], line: str, way: Sequence[Sequence[int]], marks: Marks) -> str:
    result = ""
    i = j = start = 0  # line[start:j] is new
    while i < len(units) or j < len(line):
        chosen = way[i][j]
        if i == len(units) or chosen == _NEW:
            j += 1
        elif chosen == _DROPPED:
            i += 1
        elif chosen == _TAKEN:
            result += written(line, marks, start, j)
            j += 1
            start = j
        else:
            result += written(line, marks, start, j) + units[i].raw
            i, j = i + 1, chosen
            start = j
    return result + written(line, marks, start, j)
