"""The named normalisers: each knows the values of one kind, as a regular expression for Python and PCRE alike.

A value has a bounded length: that keeps the time for a line proportional to its length.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATE = r"\d{4}-\d{2}-\d{2}|\d{1,2}/[A-Z][a-z]{2}/\d{4}|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})?"
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
_NUMBER = r"[+-]?\d{1,40}(?:[.,]\d{1,40}){0,12}"
_DURATION = (
    r"\d{1,20}(?:[.,]\d{1,20})? ?(?:ns|µs|us|ms|min|s|h|d)"
    r"(?: \d{1,20}(?:[.,]\d{1,20})? ?(?:ms|min|s|h)){0,4}"
)
_VERSION = r"\d{1,20}(?:\.\d{1,20}){1,12}(?:[-+~.:][0-9A-Za-z.+~-]{1,80})?"
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
NAMES = tuple(token.strip("<>") for token in NORMALISERS)
"""As a block's ``:normalise:`` option names them."""


@lru_cache(maxsize=256)
def _values(names: tuple[str, ...]) -> re.Pattern[str]:
    kinds = "|".join(f"(?P<k{index}>{NORMALISERS[f'<{name}>']})" for index, name in enumerate(names))
    # a value is no part of a word or of a longer number
    return re.compile(rf"(?<![\w.,])(?:{kinds})(?!\w|[.,]\d)", re.ASCII)


def values_in(text: str, names: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """Where values of the kinds *names* stand in *text*, and each one's normaliser; earlier names come first."""
    if names:
        for match in _values(names).finditer(text):
            name = names[int((match.lastgroup or "k0")[1:])]
            yield match.start(), match.end(), f"<{name}>"
