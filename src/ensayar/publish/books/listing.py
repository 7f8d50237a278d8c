"""Code on paper: a line that is too long goes on below, further in, so that it is still seen to be one line.

Each line of a listing becomes an element, which has its newline in it: a style sheet can indent what does not fit, and
without one the text is what it was.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ensayar.publish.books.model import Untyped


_FURTHER, _DEEPEST = 4, 32
"""Characters: how much further in a line goes on, and how far in at most."""
_SHORT = 40
"""Characters that fit in a line of most screens."""
_HYPHENATED = re.compile(r"(?<!\S)([^\s-]{0,30}-\S{1,30})(?!\S)")
"""A line is not broken at a hyphen, where it would read as another option or name: ``-`` / ``-timeout``."""
_LONG, _LONG_IN_A_TABLE = re.compile(r"(\S{81,})"), re.compile(r"(\S{31,})")
"""What does not fit in a line at all is cut by us: WeasyPrint does so only where nothing precedes it in its line."""
_PIECE = 20
_WIDE = 0.6
"""How wide a letter of a font for code is, of its height; a length in “ch” takes longer to lay out."""


def break_up(pre: Untyped) -> None:
    """Have an element ``span.line`` for each line in *pre*, which is changed; its text stays as it is."""
    own = [span for span in pre.iter("span") if "line" in classes(span)]
    if own:
        _with_their_newlines(own)
        _indent(own)
        return
    code = next((child for child in pre if child.tag in {"code", "samp"}), None)
    before = _taken_out(pre, code)
    holder = pre if code is None else code
    pieces = [holder.text or ""]
    for child in holder:
        tail, child.tail = child.tail or "", None
        pieces += [child, tail]
    holder[:] = []
    holder.text = None
    lines = Lines()
    for piece in (*before, *pieces):
        lines.add(piece)
    finished = lines.finished()
    holder.extend(finished)
    _indent(finished)


def _taken_out(pre: Untyped, code: Untyped) -> list[Untyped]:
    """What stands before *code* in *pre*: the prompt belongs to the first line."""
    if code is None:
        return []
    before: list[Untyped] = [pre.text or ""]
    pre.text = None
    for child in list(pre)[: list(pre).index(code)]:
        tail, child.tail = child.tail or "", None
        pre.remove(child)
        before += [child, tail]
    return before


def _with_their_newlines(lines: Iterable[Untyped]) -> None:
    """Listings whose lines are numbered or stand out have an element for each line; it takes its newline in."""
    for line in lines:
        if (line.tail or "").startswith("\n"):
            append_text(line, "\n")
            line.tail = line.tail[1:] or None


def _indent(lines: Iterable[Untyped]) -> None:
    """What does not fit in a line goes on further in than the line itself begins."""
    for line in lines:
        text = "".join(line.itertext()).expandtabs()
        blanks = len(text) - len(text.lstrip(" "))
        deep = min(blanks + _FURTHER, _DEEPEST)
        if len(text) > _SHORT:
            narrow = next(line.iterancestors("table"), None) is not None
            for element in list(line.iter("*")):
                _in_spans(element, _LONG_IN_A_TABLE if narrow else _LONG, "piece", _PIECE)
                _in_spans(element, _HYPHENATED, "word", _PIECE * 4)
        line.set("style", f"padding-left: {deep * _WIDE:.1f}em; text-indent: -{deep * _WIDE:.1f}em")


def _in_spans(element: Untyped, pattern: re.Pattern[str], kind: str, size: int) -> None:
    """What *pattern* finds in the text of *element*, in spans of a *kind* with *size* characters each."""
    for holder, attribute in [(element, "text"), *((child, "tail") for child in list(element))]:
        first, *others = pattern.split(getattr(holder, attribute) or "")
        if not others:
            continue
        setattr(holder, attribute, first)
        place = 0 if attribute == "text" else element.index(holder) + 1
        for word, after in zip(others[::2], others[1::2], strict=True):
            for start in range(0, len(word), size):
                span = etree.Element("span")
                span.set("class", kind)
                span.text = word[start : start + size]
                element.insert(place, span)
                place += 1
            element[place - 1].tail = after


def classes(element: Untyped) -> frozenset[str]:
    """Those of *element*."""
    return frozenset((element.get("class") or "").split())


class Lines:
    """Grows lines from text and elements; an element is not cut, whatever it holds."""

    def __init__(self) -> None:
        self._lines = [_line()]

    def add(self, piece: Untyped) -> None:
        """An element, or a text with or without newlines."""
        if not isinstance(piece, str):
            self._lines[-1].append(deepcopy(piece))
            return
        first, *others = piece.split("\n")
        append_text(self._lines[-1], first)
        for text in others:
            append_text(self._lines[-1], "\n")
            self._lines.append(_line())
            append_text(self._lines[-1], text)

    def finished(self) -> list[Untyped]:
        """The lines; nothing follows the last newline."""
        if not len(self._lines[-1]) and not self._lines[-1].text:
            self._lines.pop()
        return self._lines


def _line() -> Untyped:
    line = etree.Element("span")
    line.set("class", "line")
    return line


def append_text(element: Untyped, text: str) -> None:
    """*text* as the last thing in *element*."""
    if not text:
        return
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text
