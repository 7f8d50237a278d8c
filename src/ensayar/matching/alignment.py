"""Lays the lines that a machine printed beside the lines that an article shows, whether they agree or not."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ensayar.matching.lines import Sort, line_matches, stands_for_lines, tokens
from ensayar.matching.outputs import assigned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ensayar.model import Comparison

ALIKE = 0.3
"""From this share of common words on, one line is taken for a changed form of the other."""
_FAR = 1 << 30
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Pair:
    """A shown line beside a printed one."""

    row: int | None
    """Index of the shown line; ``None``: none is shown here."""
    column: int | None
    """Index of the printed line; ``None``: none was printed here, or the shown one stands for any number."""
    fits: bool
    """Whether the two agree; a printed line alone fits where a wildcard stands for it."""


def aligned(expected: Sequence[str], seen: Sequence[str], comparison: Comparison) -> list[Pair]:
    """The pairs, in order: each shown and each printed line once, with as few that do not fit as can be.

    Takes time proportional to the number of shown times the number of printed lines.
    """
    if comparison.any_order:
        return _in_any_order(expected, seen, comparison)
    walked = list(_walk(expected, seen, _costs(expected, seen, comparison), comparison))
    return _beside(_claimed(walked, expected, seen, comparison), expected, seen, comparison)


@lru_cache(maxsize=4096)
def _words(line: str) -> Counter[str]:
    return Counter(_WORD.findall(line))


def likeness(shown: str, seen: str, comparison: Comparison) -> float:
    """From 0 to 1, how many words a shown and a printed line have in common; what a wildcard stands for has no say."""
    row = tokens(shown, comparison.normalise)
    ours = _words(" ".join(token.text for token in row if token.sort is Sort.TEXT))
    theirs = _words(seen)
    whole = ours if any(token.sort is not Sort.TEXT for token in row) else ours | theirs
    return (ours & theirs).total() / max(whole.total(), 1)


def _costs(expected: Sequence[str], seen: Sequence[str], comparison: Comparison) -> list[list[int]]:
    """Item i, j: fewest unmatched lines between expected[i:] and seen[j:]."""
    rows, columns = len(expected), len(seen)
    cost = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows, -1, -1):
        for j in range(columns, -1, -1):
            if i == rows:
                cost[i][j] = columns - j
            elif stands_for_lines(expected[i]):
                cost[i][j] = min(cost[i + 1][j], cost[i][j + 1] if j < columns else _FAR)
            else:
                best = 1 + cost[i + 1][j]
                if j < columns:
                    best = min(best, 1 + cost[i][j + 1])
                    if line_matches(expected[i], seen[j], comparison.normalise):
                        best = min(best, cost[i + 1][j + 1])
                cost[i][j] = best
    return cost


def _walk(
    expected: Sequence[str], seen: Sequence[str], cost: list[list[int]], comparison: Comparison
) -> Iterator[Pair]:
    i = j = 0
    began = False  # whether the wildcard at i has been told
    while i < len(expected) or j < len(seen):
        if i == len(expected):
            yield Pair(None, j, fits=False)
            j += 1
        elif stands_for_lines(expected[i]):
            if not began:
                yield Pair(i, None, fits=True)
                began = True
            if cost[i][j] == cost[i + 1][j]:
                i, began = i + 1, False
            else:
                yield Pair(None, j, fits=True)
                j += 1
        elif (
            j < len(seen)
            and cost[i][j] == cost[i + 1][j + 1]
            and line_matches(expected[i], seen[j], comparison.normalise)
        ):
            yield Pair(i, j, fits=True)
            i, j = i + 1, j + 1
        elif cost[i][j] == 1 + cost[i + 1][j]:
            yield Pair(i, None, fits=False)
            i += 1
        else:
            yield Pair(None, j, fits=False)
            j += 1


def _sign(pair: Pair) -> str:
    if pair.column is None:
        return "w" if pair.fits else "m"
    return "t" if pair.row is None and pair.fits else "."


def _claimed(pairs: Sequence[Pair], expected: Sequence[str], seen: Sequence[str], comparison: Comparison) -> list[Pair]:
    """A shown line that is missing beside a wildcard gets back the line like it that the wildcard has taken."""

    def alike(missing: Pair, taken: Pair) -> bool:
        return (
            missing.row is not None
            and taken.column is not None
            and likeness(expected[missing.row], seen[taken.column], comparison) >= ALIKE
        )

    result: list[Pair] = []
    done = 0
    for match in re.finditer("(m*)(w)(t+)(m*)", "".join(map(_sign, pairs))):
        before, (wildcard,), taken, after = (list(pairs[slice(*match.span(group))]) for group in (1, 2, 3, 4))
        result.extend(pairs[done : match.start()])
        while before and taken and alike(before[0], taken[0]):
            result.append(Pair(before.pop(0).row, taken.pop(0).column, fits=False))
        tail: list[Pair] = []
        while after and taken and alike(after[-1], taken[-1]):
            tail.insert(0, Pair(after.pop().row, taken.pop().column, fits=False))
        result += [*before, wildcard, *taken, *after, *tail]
        done = match.end()
    return result + list(pairs[done:])


def _beside(pairs: Sequence[Pair], expected: Sequence[str], seen: Sequence[str], comparison: Comparison) -> list[Pair]:
    """Of a run of lines that do not fit, the shown beside the printed; what would fit elsewhere stays alone."""
    rows = [pair.row for pair in pairs if not pair.fits and pair.column is None and pair.row is not None]
    columns = [pair.column for pair in pairs if not pair.fits and pair.row is None and pair.column is not None]
    moved = [
        (row, column)
        for row in rows
        for column in columns
        if line_matches(expected[row], seen[column], comparison.normalise)
    ]
    moved_rows, moved_columns = {row for row, _ in moved}, {column for _, column in moved}
    result: list[Pair] = []
    shown: list[int] = []
    printed: list[int] = []

    def flush() -> None:
        result.extend(_paired(shown, printed, expected, seen, comparison))
        shown.clear()
        printed.clear()

    for pair in pairs:
        if pair.fits or (pair.row is not None and pair.column is not None):
            flush()
            result.append(pair)
        elif pair.row is not None:
            if pair.row in moved_rows:
                flush()
                result.append(pair)
            else:
                shown.append(pair.row)
        elif pair.column is not None:
            if pair.column in moved_columns:
                flush()
                result.append(pair)
            else:
                printed.append(pair.column)
    flush()
    return result


def _paired(
    shown: Sequence[int], printed: Sequence[int], expected: Sequence[str], seen: Sequence[str], comparison: Comparison
) -> list[Pair]:
    """One beside the other where there are as many; else those that are most alike, in order."""
    if len(shown) == len(printed):
        return [Pair(row, column, fits=False) for row, column in zip(shown, printed, strict=True)]
    best = [[0.0] * (len(printed) + 1) for _ in range(len(shown) + 1)]
    for i in range(len(shown) - 1, -1, -1):
        for j in range(len(printed) - 1, -1, -1):
            alike = likeness(expected[shown[i]], seen[printed[j]], comparison)
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + alike if alike >= ALIKE else 0.0)
    result: list[Pair] = []
    i = j = 0
    while i < len(shown) and j < len(printed):
        if best[i][j] == best[i + 1][j]:
            result.append(Pair(shown[i], None, fits=False))
            i += 1
        elif best[i][j] == best[i][j + 1]:
            result.append(Pair(None, printed[j], fits=False))
            j += 1
        else:
            result.append(Pair(shown[i], printed[j], fits=False))
            i, j = i + 1, j + 1
    result.extend(Pair(row, None, fits=False) for row in shown[i:])
    result.extend(Pair(None, column, fits=False) for column in printed[j:])
    return result


def _in_any_order(expected: Sequence[str], seen: Sequence[str], comparison: Comparison) -> list[Pair]:
    """The shown lines in their order; then what was printed besides, which fits where a wildcard stands for it."""
    place = assigned(expected, seen, comparison)
    taken = set(place.values())
    left = [column for column in range(len(seen)) if column not in taken]
    pairs: list[Pair] = []
    for row, line in enumerate(expected):
        if stands_for_lines(line) or row in place:
            pairs.append(Pair(row, place.get(row), fits=True))
            continue
        best = max(left, key=lambda column: likeness(line, seen[column], comparison), default=None)
        if best is None or likeness(line, seen[best], comparison) < ALIKE:
            pairs.append(Pair(row, None, fits=False))
        else:
            left.remove(best)
            pairs.append(Pair(row, best, fits=False))
    open_end = any(stands_for_lines(line) for line in expected)
    return pairs + [Pair(None, column, fits=open_end) for column in left]
