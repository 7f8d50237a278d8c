"""What the search page looks things up in: the text of each article by passages, and which word is in which article.

Both are JavaScript modules with data in them, so that the page may load them under a policy that lets no script
fetch anything. In comes the HTML of an article, as it is on its page; what changes with every rehearsal is left out.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_INLINE = frozenset(
    {"a", "abbr", "b", "cite", "code", "em", "i", "kbd", "mark", "q", "s", "samp", "span", "strong", "sub", "sup"}
    | {"time", "u", "var"}
)
"""Elements whose edges are within a word, for all one knows."""
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TITLES = frozenset({"title", "path"})
"""Classes of what a block is called by, in its caption."""
_APART = frozenset({"button", "label", "nav", "noscript", "script", "style"})
_APART_CLASSES = frozenset(
    {"rehearsal", "reader", "take-away", "verdict", "recorded", "tools", "copies", "own", "kind", "owner", "mode"}
    | {"terminal", "remark", "prompt", "elided", "wildcard", "varies", "tags", "recording"}
)
"""What is about the page, or about its last rehearsal, and not the article's own. So is what stands where the article
has a wildcard: a rehearsal sees another date each time."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Passage:
    """A place that a search leads to: a section without its subsections, or a block."""

    anchor: str
    """Its id on the page; empty: the beginning of the page."""
    title: str
    """Its heading, or the title and path of the block, or its name; empty only at the beginning of a page."""
    text: str
    """What it says, with single blanks."""
    under: str = ""
    """The heading of the section that a block stands in."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An article as the index knows it."""

    url: str
    """Its page, relative to the index."""
    title: str
    """Its title."""
    texts: str
    """The module with its passages, relative to the index."""
    words: frozenset[str]
    """All words in it, folded."""


@dataclass(slots=True)
class _Growing:
    """A passage that is being read."""

    anchor: str
    block: bool
    under: str
    title: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Puts each piece of text where it belongs; the stack mirrors the elements that are open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = [_Growing("", block=False, under="")]
        self._open: list[tuple[str, _Growing | None, list[str] | None]] = []
        """Element, the passage that its text belongs to (``None``: to none), and the piece of it."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break(tag)
        attributes = {key: value or "" for key, value in attrs}
        if tag in _VOID:
            self.handle_data(attributes.get("alt", ""))
            return
        passage, piece = self._open[-1][1:] if self._open else (self.found[0], self.found[0].text)
        classes = set(attributes.get("class", "").split())
        if passage is not None:
            if tag in _APART or classes & _APART_CLASSES:
                passage, piece = None, None
            elif "id" in attributes and (tag == "section" or (tag == "figure" and "block" in classes)):
                passage = _Growing(attributes["id"], tag == "figure", "" if tag == "section" else _named(passage))
                piece = passage.text
                self.found.append(passage)
            elif (tag in _HEADINGS and not passage.block) or (passage.block and classes & _TITLES):
                piece = passage.title
        self._open.append((tag, passage, piece))

    def handle_endtag(self, tag: str) -> None:
        self._break(tag)
        if any(name == tag for name, *_ in self._open):
            while self._open.pop()[0] != tag:
                pass
        self._break(tag)

    def handle_data(self, data: str) -> None:
        piece = self._open[-1][2] if self._open else self.found[0].text
        if piece is not None:
            piece.append(data)

    def _break(self, tag: str) -> None:
        if tag not in _INLINE:
            self.handle_data(" ")


def _named(passage: _Growing) -> str:
    return passage.under if passage.block else _plain(passage.title)


def _plain(pieces: Iterable[str]) -> str:
    return " ".join("".join(pieces).split())


def passages_of(html: str) -> tuple[Passage, ...]:
    """The passages of an article's *html* that say something, in reading order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    found = (
        Passage(item.anchor, _plain(item.title) or item.anchor, _plain(item.text), item.under if item.block else "")
        for item in reader.found
    )
    return tuple(passage for passage in found if passage.text or passage.title)


def words_of(text: str) -> set[str]:
    """The words in *text*, without accents or capitals, as the search page folds what is typed."""
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if unicodedata.category(char)[0] != "M")
    return set(re.findall(r"[^\W_]+", bare.lower()))


def texts_module(passages: Iterable[Passage]) -> str:
    """The module with an article's *passages*."""
    rows = ([item.anchor, item.title, item.text, *([item.under] if item.under else [])] for item in passages)
    return _module(list(rows))


def passages_in(module: str) -> tuple[Passage, ...]:
    """What :func:`texts_module` has written."""
    return tuple(Passage(*row) for row in json.loads(module.removeprefix(_EXPORT).removesuffix(_END)))


def words_in(title: str, passages: Iterable[Passage]) -> frozenset[str]:
    """All that an article called *title* can be found by."""
    return frozenset(words_of(" ".join([title, *(f"{item.anchor} {item.title} {item.text}" for item in passages)])))


def index_module(entries: Sequence[Entry]) -> str:
    """The module that says which word is in which of *entries*.

    ``words`` is ``circus 0 2,nginx 1``: each word, then the numbers of its articles in base 36, of which each but the
    first is the distance to the one before.
    """
    places: dict[str, list[int]] = {}
    for number, entry in enumerate(entries):
        for word in entry.words:
            places.setdefault(word, []).append(number)
    articles = [[entry.url, entry.title, entry.texts] for entry in entries]
    return _module({"articles": articles, "words": ",".join(_line(word, places) for word in sorted(places))})


def _line(word: str, places: Mapping[str, Sequence[int]]) -> str:
    numbers = places[word]
    gaps = (after - before for before, after in zip([0, *numbers], numbers, strict=False))
    return " ".join([word, *map(_in_base_36, gaps)])


def _in_base_36(number: int) -> str:
    text = ""
    while number >= len(_DIGITS):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return _DIGITS[number] + text


_EXPORT, _END = "export default ", ";\n"


def _module(value: object) -> str:
    return _EXPORT + json.dumps(value, ensure_ascii=False, separators=(",", ":")) + _END
