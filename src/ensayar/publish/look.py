"""How a block looks where the author says so: line numbers, emphasised lines, classes. Presentation only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Look:
    """The options that change nothing in a rehearsal."""

    first_line: int | None = None
    """Number of the first line; ``None``: lines are not numbered."""
    emphasised: frozenset[int] = frozenset()
    """Lines that stand out, counted from 1."""
    classes: tuple[str, ...] = ()
    """Extra classes of the figure."""
    caption: str = ""
    """What stands over the block, where no block of the model says so."""


def look_of(options: Mapping[str, str], lines: int) -> Look:
    """The look that a directive's options ask for, in a block of so many *lines*.

    :raises ValueError: an option is written wrong; the message says what to write.
    """
    number = options.get("linenos", "")
    if number and not (number.isascii() and number.isdigit()):
        message = f"“:linenos: {number}” is not the number of the first line; write “:linenos:” or “:linenos: 7”"
        raise ValueError(message)
    classes = tuple(options.get("class", "").split())
    for name in classes:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            message = f"“:class: {name}” may hold only lower-case letters, digits and “-”"
            raise ValueError(message)
    return Look(
        first_line=int(number or 1) if "linenos" in options else None,
        emphasised=_lines(options.get("emphasize-lines", ""), lines),
        classes=classes,
        caption=options.get("caption", ""),
    )


def _lines(text: str, lines: int) -> frozenset[int]:
    chosen: set[int] = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"(\d+)(?:-(\d+)?)?", part, re.ASCII)
        start = int(match[1]) if match else 0
        end = start if not match or "-" not in part else int(match[2] or lines)
        if not 1 <= start <= end <= lines:
            message = f"“:emphasize-lines: {part}” is not within lines 1 to {lines}; write for example “2,5-7”"
            raise ValueError(message)
        chosen.update(range(start, end + 1))
    return frozenset(chosen)
