"""What a machine printed, as a terminal leaves it: the whole of it, as text and nothing else.

Colours go, and what a carriage return overwrites. Everything else that is not plain text stays and is made visible by
:func:`ensayar.publish.marking.safe`. What is long is folded; of what is very long the page holds both ends.
"""

from __future__ import annotations

from markupsafe import Markup

from ensayar.publish.html import element, join
from ensayar.publish.marking import safe
from ensayar.publish.words import counted, say
from ensayar.screen import terminal_lines

FOLD_LINES, FOLD_CHARACTERS = 24, 3_000
"""More than this is folded."""
CLIP = 100_000
"""Characters of one output that a page holds at most, at either end; a megabyte of log would stop a telephone."""


def printed_html(output: str, data: Markup, language: str, *, unfolded: bool = False) -> Markup:
    """The whole of *output*, folded where it is long; nothing where there is none.

    :param data: a link to where the whole of a very long one can be had.
    :param unfolded: a long one is folded, and shown.
    """
    lines = terminal_lines(output)
    if not lines:
        return Markup("")
    text = "\n".join(lines)
    content = element("pre", element("samp", _clipped(text, data, language)), class_="output")
    if len(lines) <= FOLD_LINES and len(text) <= FOLD_CHARACTERS:
        return content
    summary = say(language, "report-output", count=counted(language, len(lines), "line", "lines"))
    return element("details", element("summary", summary), content, class_="printed", open=unfolded)


def _clipped(text: str, data: Markup, language: str) -> Markup:
    left_out = len(text) - 2 * CLIP
    if left_out <= 0:
        return safe(text)
    note = element("span", say(language, "report-left-out", count=left_out, link=data), class_="elided")
    return join([safe(text[:CLIP]), note, safe(text[-CLIP:])], "\n")
