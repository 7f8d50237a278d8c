"""From the HTML of an article, as it is on its page, to the chapters of a book.

What only works in a page is left out: buttons, boxes to tick, the reader's own values, folded recordings, the table of
contents. Links lead to the site, where they do not stay in the book.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree
from lxml import html as lxml_html

from ensayar.publish.books.listing import append_text, break_up, classes
from ensayar.publish.books.model import Chapter
from ensayar.publish.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from markupsafe import Markup

    from ensayar.publish.books.model import Untyped

_DROPPED = frozenset({"button", "input", "label", "nav", "noscript", "script", "style"})
_DROPPED_CLASSES = frozenset(
    {"reader", "own", "tools", "copies", "anchor", "as-rehearsed", "recorded", "recording", "take-away", "books"}
)
_KEPT = frozenset(
    {"alt", "aria-hidden", "aria-label", "class", "colspan", "data-line", "datetime", "height", "href", "id", "lang"}
    | {"role", "rowspan", "scope", "src", "start", "title", "type", "width"}
)
"""Attributes that mean something in a book."""
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LOWEST = 6
_SHORT = 14
"""Lines of a block that is not divided between two pages."""
INTRODUCTION = "_introduccion"
"""The id of what stands before the first heading; no step or section can be called so."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an article's HTML does not say itself."""

    language: str
    """Language code of the words around it."""
    address: Callable[[str], str]
    """Absolute, of what a link of the article leads to."""
    picture: Callable[[str], str]
    """What the picture that the article calls so is called in the book."""


def chapters_of(fragment: str, around: Surroundings) -> list[Chapter]:
    """The chapters of the article whose HTML is *fragment*: what comes before the first heading, and each section."""
    root = parsed(fragment, around)
    chapters: list[Chapter] = []
    beginning = etree.Element("section", id=INTRODUCTION)
    append_text(beginning, root.text or "")
    for child in list(root):
        if child.tag == "section":
            _sectioned(child)
            chapters.append(_chapter(child))
        elif chapters:
            chapters[-1].content.append(child)
        else:
            beginning.append(child)
    if len(beginning) or (beginning.text or "").strip():
        title = str(say(around.language, "book-introduction"))
        heading = etree.Element("h2")
        heading.text = title
        beginning.insert(0, heading)
        heading.tail, beginning.text = beginning.text, None
        chapters.insert(0, Chapter(INTRODUCTION, title, beginning))
    return chapters


def chapter_of(anchor: str, title: str, html: Markup, around: Surroundings) -> Chapter:
    """A chapter of our own words, *html*, with a heading."""
    content = parsed(str(html), around)
    content.tag = "section"
    content.set("id", anchor)
    heading = etree.Element("h2")
    heading.text = title
    content.insert(0, heading)
    return Chapter(anchor, title, content)


def parsed(fragment: str, around: Surroundings) -> Untyped:
    """*fragment* in a ``div``, fit for a book."""
    root = lxml_html.fragment_fromstring(fragment, create_parent="div")
    for element in list(root.iter(etree.Comment, etree.ProcessingInstruction)):
        element.tail = (element.tail or "").lstrip()  # nobody sees a comment, nor that it was there
        element.drop_tree()
    for element in [element for element in root.iter() if _has_no_place(element)]:
        if element.getparent() is not None:
            element.drop_tree()
    for element in list(root.iter("details")):
        _unfold(element)
    for element in list(root.iter("picture", "source")):  # a book shows the one for no special screen
        element.drop_tag()  # libxml2 takes it to be in the element “source”, which is empty in HTML 5
    for element in list(root.iter("img")):
        element.set("src", around.picture(element.get("src", "")))
    _link(root, around.address)
    for element in root.iter():
        for name in set(element.attrib) - _KEPT:
            del element.attrib[name]
    _fit(root)
    return root


def _fit(root: Untyped) -> None:
    """Code in lines that a page has room for."""
    for element in list(root.iter("pre")):
        break_up(element)
    for table in root.iter("table"):
        if table.find(".//pre") is not None:
            table.set("class", " ".join(sorted({*classes(table), "with-code"})))
    for figure in root.iter("figure"):
        if 0 < sum("line" in classes(span) for span in figure.iter("span")) <= _SHORT:
            figure.set("class", " ".join([*sorted(classes(figure)), "short"]))


def _has_no_place(element: Untyped) -> bool:
    return element.tag in _DROPPED or "hidden" in element.attrib or not classes(element).isdisjoint(_DROPPED_CLASSES)


def _unfold(details: Untyped) -> None:
    """What unfolds in a page is open; of the checks under a step the line that counts them stays, and where all is."""
    if "verdict" not in classes(details):
        for summary in list(details.iter("summary")):
            summary.tag = "p"
        details.tag = "div"
        return
    line = next(iter(details.iter("summary")))
    line.tag = "p"
    line.set("class", details.get("class"))
    line.tail = details.tail
    for link in [link for link in details.iter("a") if "full" in classes(link)]:
        append_text(line, " · ")
        link.tail = None
        line.append(link)
    details.getparent().replace(details, line)


def _link(root: Untyped, address: Callable[[str], str]) -> None:
    """Every link leads somewhere, from wherever the book lies."""
    known = {element.get("id") for element in root.iter() if element.get("id")}
    for link in list(root.iter("a")):
        target = link.get("href")
        if target is None or "toc-backref" in classes(link) or (target[:1] == "#" and target[1:] not in known):
            link.drop_tag()
        elif target[:1] != "#":
            link.set("href", address(target))
            link.attrib.pop("download", None)


def _sectioned(section: Untyped) -> None:
    """Headings by depth: the book's title is the only one of the first level."""
    for heading in [element for element in section.iter() if element.tag in _HEADINGS]:
        depth = 1 + sum(1 for _ in heading.iterancestors("section"))
        heading.tag = f"h{min(depth, _LOWEST)}"


def _chapter(section: Untyped) -> Chapter:
    section.tail = None
    parts = [(inner.get("id"), title_of(inner)) for inner in _inner(section) if inner.get("id")]
    return Chapter(section.get("id"), title_of(section), section, parts)


def _inner(section: Untyped) -> Iterator[Untyped]:
    return (child for child in section if child.tag == "section")


def title_of(section: Untyped) -> str:
    """What stands over *section*, as plain text."""
    heading = next((child for child in section if child.tag in _HEADINGS), None)
    return "" if heading is None else " ".join("".join(heading.itertext()).split())
