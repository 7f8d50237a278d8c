"""Text of authors and machines, made safe for a page, with parameters and wildcards marked.

Nothing in here trusts its input: an escape sequence, a byte that HTML forbids or a character that reorders the line is
shown as what it is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from ensayar.matching import ANY, NORMALISERS
from ensayar.parameters import MARK
from ensayar.publish.html import element

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# C0 and C1 controls but tab and newline; marks that reorder or hide text (Unicode TR 36 and 39); what UTF-8 cannot hold
# or HTML forbids (WHATWG HTML, 13.2.3.5)
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)
_PICTURES = 0x2400
_DELETE = 0x7F
WILDCARD = re.compile("|".join(re.escape(token) for token in (ANY, *NORMALISERS)))


@dataclass(frozen=True, slots=True)
class Setting:
    """What a block is rendered for."""

    values: Mapping[str, str]
    """The value of each parameter that the page shows."""
    language: str
    """Language code of the words around the blocks."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of text that gets an element of its own."""

    start: int
    """Index of its first character."""
    end: int
    """Index after its last one."""
    opening: Markup
    """The start tag."""
    closing: Markup
    """The end tag."""


def safe(text: str) -> Markup:
    """*text* escaped, and with every character that could act shown as a symbol instead."""
    parts: list[Markup] = []
    position = 0
    for match in _UNSAFE.finditer(text):
        parts.append(escape(text[position : match.start()]))
        parts.append(_shown(match[0]))
        position = match.end()
    parts.append(escape(text[position:]))
    return Markup("").join(parts)


def _shown(char: str) -> Markup:
    code = ord(char)
    if code <= 0x20:  # noqa: PLR2004  (Unicode's control pictures follow ASCII)
        symbol = chr(_PICTURES + code)
    elif code == _DELETE:
        symbol = "\u2421"
    else:
        symbol = f"U+{code:04X}"
    return element("span", symbol, class_="control", title=unicodedata.name(char, f"U+{code:04X}"))


def resolve(raw: str, values: Mapping[str, str]) -> tuple[str, list[Mark]]:
    """*raw* with parameters replaced, and where in the result their values stand."""
    text = ""
    marks: list[Mark] = []
    position = 0
    for match in MARK.finditer(raw):
        text += raw[position : match.start()]
        position = match.end()
        value = values.get(match[1])
        if value is None:
            text += match[0]
            continue
        opening = Markup('<var data-parameter="{}">').format(match[1])
        marks.append(Mark(len(text), len(text) + len(value), opening, Markup("</var>")))
        text += value
    return text + raw[position:], marks


def wildcards(text: str, title: str) -> list[Mark]:
    """Where in a line of expected output anything, or one value of a kind, may stand."""
    opening = Markup('<span class="wildcard" title="{}">').format(title)
    return [Mark(match.start(), match.end(), opening, Markup("</span>")) for match in WILDCARD.finditer(text)]


def disjoint(marks: Iterable[Mark]) -> list[Mark]:
    """The marks in order, without those that begin inside another."""
    result: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        if not result or mark.start >= result[-1].end:
            result.append(mark)
    return result


def marked(text: str, marks: Sequence[Mark]) -> Markup:
    """*text*, safe, with *marks* in it; they must be disjoint and in order."""
    parts: list[Markup] = []
    position = 0
    for mark in marks:
        parts += (safe(text[position : mark.start]), mark.opening, safe(text[mark.start : mark.end]), mark.closing)
        position = mark.end
    parts.append(safe(text[position:]))
    return Markup("").join(parts)


def with_values(raw: str, values: Mapping[str, str]) -> Markup:
    """*raw*, safe, with the values of its parameters in ``<var>``."""
    return marked(*resolve(raw, values))
