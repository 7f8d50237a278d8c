"""The difference between what an article shows and what the machine printed, for people.

``-`` the article shows, ``+`` the machine printed, blank: both, ``?`` why the lines right above it do not match.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar.matching.alignment import aligned
from ensayar.matching.lines import lines_of
from ensayar.matching.outputs import reachable
from ensayar.matching.reasons import why_absent, why_extra, why_not
from ensayar.model import EXACTLY, Comparison

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ensayar.matching.alignment import Pair

MAX_CELLS = 400_000
"""Lines shown times lines printed: beyond, the best alignment of the two takes too long to look for."""
MANY = 20


def difference(expected: Sequence[str], output: str, comparison: Comparison = EXACTLY) -> str:
    """A diff for people, with the reason for each line.

    Lines that a wildcard accounts for are shown as the wildcard. Of a very long output only the part after the last
    line that fits is shown.
    """
    seen = lines_of(output)
    if len(expected) * len(seen) > MAX_CELLS and not comparison.any_order:
        return "\n".join(_rough(expected, seen, comparison))
    return "\n".join(_told(aligned(expected, seen, comparison), expected, seen, comparison))


def _told(pairs: Sequence[Pair], expected: Sequence[str], seen: Sequence[str], comparison: Comparison) -> Iterator[str]:
    # in order, a line that fits is where it belongs, hence not where another is missed
    alone = [pair for pair in pairs if comparison.any_order or not pair.fits]
    printed = [(pair.column + 1, seen[pair.column]) for pair in alone if pair.column is not None]
    shown = [expected[pair.row] for pair in alone if pair.row is not None]
    extra: list[str] = []
    for pair in pairs:
        if pair.row is None and pair.fits:
            continue  # a wildcard stands for it
        line = seen[pair.column] if pair.column is not None else ""
        reason = "" if pair.fits or pair.row is not None else why_extra(line, shown, comparison)
        if extra and extra[-1] != reason:
            yield _reason(extra)
            extra.clear()
        if pair.row is None:
            yield f"+ {line}"
            extra.append(reason)  # said once for lines in a row that it holds for
            continue
        row = expected[pair.row]
        if pair.fits:
            yield f"  {row.strip() if pair.column is None else line}"
        elif pair.column is None:
            yield f"- {row}"
            yield f"? {why_absent(row, printed, comparison)}"
        else:
            yield f"- {row}"
            yield f"+ {line}"
            yield f"? {why_not(row, line, comparison)}"
    if extra:
        yield _reason(extra)


def _reason(extra: Sequence[str]) -> str:
    return f"? {extra[0]}" + (f" ({len(extra)} lines)" if len(extra) > 1 else "")


def _rough(expected: Sequence[str], seen: Sequence[str], comparison: Comparison) -> list[str]:
    """The difference in time proportional to the table's size and memory proportional to the output's."""
    fitting, position = 0, 0
    row: list[bool] = []
    for index, row in enumerate(reachable(expected, seen, comparison)):
        if not any(row):
            break
        fitting, position = index, row.index(True)
    if row[-1]:
        return [f"  {line}" for line in expected]
    rest = seen[position:]
    missing = expected[fitting:]
    reason = why_not(missing[0], rest[0], comparison) if missing and rest else "not shown in the article"
    return [
        *(f"  {line}" for line in expected[:fitting]),
        *(f"- {line}" for line in missing),
        *(f"+ {line}" for line in rest[:MANY]),
        *([f"+ … and {len(rest) - MANY} more lines"] if len(rest) > MANY else []),
        f"? the first of these: {reason}" if missing and rest else f"? {reason if rest else 'not printed'}",
    ]
