"""Why a line does not match, in words."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from ensayar.matching.lines import ANY, MAX_LINE, Sort, Token, assembled, line_matches, stands_for_lines, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ensayar.model import Comparison

_SHOWN = 40
_ANYTHING = Token(Sort.ANYTHING, ANY, ".*", ANY)


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}”"


def _common(one: str, other: str) -> int:
    """How many characters are the same from the beginning on."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def why_not(shown: str, seen: str, comparison: Comparison) -> str:
    """Why *seen*, printed in the place of *shown*, does not match it."""
    row = tokens(shown, comparison.normalise)
    if len(seen) > MAX_LINE and any(token.sort is Sort.EXPRESSION for token in row):
        return f"longer than {MAX_LINE} characters, which no regular expression matches"
    reached = 0
    for index in range(len(row)):
        match = re.match(assembled([*row[: index + 1], _ANYTHING], capture=True), seen, re.ASCII)
        if match is None:
            return _failed(row[: index + 1], seen, reached)
        reached = match.start(match.re.groups)
    if reached < len(seen) and row and row[-1].sort is not Sort.ANYTHING:
        return f"goes on at column {reached + 1} with {_quoted(seen[reached:])}"
    return "does not match as a whole: a wildcard ends at the first place where what follows it fits"


def _failed(row: tuple[Token, ...], seen: str, reached: int) -> str:
    """Why the last token of *row* does not match where those before it do."""
    token = row[-1]
    rest = seen[reached:]
    after_wildcard = len(row) > 1 and row[-2].sort is Sort.ANYTHING
    if token.sort is Sort.TEXT and after_wildcard:
        return f"no {_quoted(token.text.strip())} where “...” ends"
    if token.sort is Sort.TEXT:
        column = reached + _common(token.text, rest) + 1
        if len(row) == 1 and token.text.split() == seen.split():
            return f"differs at column {column}, in blanks only"
        if column > len(seen):
            return f"ends at column {column}, before {_quoted(token.text[column - reached - 1 :])}"
        return f"differs at column {column}"
    what = f"the regular expression {_quoted(token.name)}" if token.sort is Sort.EXPRESSION else f"“{token.name}”"
    if after_wildcard:
        return f"{what} matches nothing where “...” ends"
    # a value is a word mostly; where that would be nothing, the rest of the line
    found = (re.match(r"[^\s\])},;]+", rest) or re.match(r".*", rest) or [""])[0]
    return f"{what} does not match {_quoted(found)}"


def why_absent(shown: str, printed: Iterable[tuple[int, str]], comparison: Comparison) -> str:
    """Why a shown line stands alone; *printed*: with their numbers, the lines that it may be looked for among."""
    places = [number for number, line in printed if line_matches(shown, line, comparison.normalise)]
    if not places:
        return "not printed"
    if comparison.any_order:
        return f"printed {_times(len(places))}, and taken by other lines"
    return f"printed, but in another place (line {places[0]})"


def why_extra(line: str, expected: Iterable[str], comparison: Comparison) -> str:
    """Why a printed line stands alone; *expected*: the shown lines that it may be looked for among."""
    found = sum(line_matches(shown, line, comparison.normalise) for shown in expected if not stands_for_lines(shown))
    if not found:
        return "not shown in the article"
    if comparison.any_order:
        return f"shown {_times(found)}, and printed more often"
    return "shown in the article, but in another place"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
