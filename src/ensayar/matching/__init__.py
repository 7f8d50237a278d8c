"""Compares the output that an article shows with the output that the machine gave.

``...`` inside a line stands for anything in it, a line that is only ``...`` for any number of lines, a named normaliser
such as ``<pid>`` for one value of its kind, ``<re:[0-9a-f]+>`` for what the regular expression matches. Blanks at the
end of lines, and empty lines at the end, do not count. A :class:`ensayar.model.Comparison` says what holds for a block
as a whole.
"""

from ensayar.matching.alignment import aligned
from ensayar.matching.difference import MANY, MAX_CELLS, difference
from ensayar.matching.kinds import NAMES, NORMALISERS
from ensayar.matching.lines import (
    ANY,
    Sort,
    Token,
    line_matches,
    line_pattern,
    line_problem,
    lines_of,
    stands_for_lines,
    stretches,
    tokens,
    tokens_of,
)
from ensayar.matching.outputs import assigned, matches, pattern

__all__ = [
    "ANY",
    "MANY",
    "MAX_CELLS",
    "NAMES",
    "NORMALISERS",
    "Sort",
    "Token",
    "aligned",
    "assigned",
    "difference",
    "line_matches",
    "line_pattern",
    "line_problem",
    "lines_of",
    "matches",
    "pattern",
    "stands_for_lines",
    "stretches",
    "tokens",
    "tokens_of",
]
