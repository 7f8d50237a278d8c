"""What a machine printed, as an author would write it.

What the markup refuses (control characters, escape sequences, tabs) or would read as something else becomes a wildcard
where it stands; values of parameters become their marks again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.evidence import MIRROR
from ensayar.matching import ANY
from ensayar.parameters import MARK, substitute
from ensayar.rst.source import REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# ECMA-48: control sequences, control strings, other escape sequences
_ESCAPE = r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?"
_UNWRITABLE = "|".join(
    [
        _ESCAPE,
        REFUSED.pattern,
        r"[\t\ud800-\udfff]",
        re.escape(MIRROR),  # the record does not say what stood there
        r"@@[^@\s]+@@",  # would be a parameter
        r"<re:",  # would be an expression
        r"\s+$",  # would be dropped
    ]
)
# points beside it would be taken for a part of the wildcard
_STRETCH = re.compile(rf"\.*(?:{_UNWRITABLE})(?:\.|{_UNWRITABLE})*")


@dataclass(frozen=True, slots=True)
class Marks:
    """The parameters whose values stand for them in a step's output."""

    values: Mapping[str, str]
    """All of the article's parameters, with their values."""
    names: tuple[str, ...]
    """Those that may be put back where the author has not written them before."""


def marks_for(texts: Iterable[str], values: Mapping[str, str]) -> Marks:
    """The parameters that the raw *texts* of a step use.

    One whose value they hold literally as well, or that has the same value as another, stands for itself nowhere else:
    nobody could tell which of the two is meant.
    """
    text = "\n".join(texts)
    plain = MARK.sub("\0", text)
    names = tuple(
        name
        for name in dict.fromkeys(MARK.findall(text))
        if values.get(name)
        and list(values.values()).count(values[name]) == 1
        and not re.search(_whole(values[name]), plain)
    )
    return Marks(values, names)


def _whole(value: str) -> str:
    return rf"(?<!\w){re.escape(value)}(?!\w)"


def written(line: str, marks: Marks, start: int = 0, end: int | None = None) -> str:
    """The characters of *line* from *start* to *end* as raw expected output."""
    stop = len(line) if end is None else end
    spans = [(*match.span(), ANY) for match in _STRETCH.finditer(line)]
    for name in marks.names:
        spans += [(*match.span(), f"@@{name}@@") for match in re.finditer(_whole(marks.values[name]), line)]
    result = ""
    position = start
    for first, last, text in sorted(spans):
        inside = max(first, position), min(last, stop)
        if inside[0] >= inside[1] or (text != ANY and (first < position or last > stop)):
            continue
        result += line[position : inside[0]] + text
        position = inside[1]
    return result + line[position:stop]


def resolved(lines: Iterable[str], marks: Marks) -> list[str]:
    """*lines* with values in place of the marks."""
    return [substitute(line, marks.values) for line in lines]
