"""A book as EPUB 3: a zip file of XHTML, one file for each chapter.

The form is that of EPUB 3.3 (https://www.w3.org/TR/epub-33/), the words about accessibility are those of EPUB
Accessibility 1.1. There is no time of the writing in it: the same book gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import importlib.resources
import io
import uuid
import zipfile
from copy import deepcopy
from typing import TYPE_CHECKING

from lxml import etree

from ensayar.publish.books.cover import cover_png
from ensayar.publish.books.epub_package import Item, package
from ensayar.publish.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ensayar.publish.books.model import Book, Chapter, Untyped

_XHTML = "http://www.w3.org/1999/xhtml"
_OPS = "http://www.idpf.org/2007/ops"
_XML = "http://www.w3.org/XML/1998/namespace"
_MEDIA_TYPE = "application/epub+zip"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip file can name."""
_CONTAINER = """\
<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
  <rootfiles>
    <rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/>
  </rootfiles>
</container>
"""
_KINDS = {0: "titlepage", -1: "colophon"}


def pack(book: Book) -> bytes:
    """*book* as an EPUB."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        # first and as it is (EPUB 3.3, 4.2.3.3)
        file.writestr(_entry("mimetype", zipfile.ZIP_STORED), _MEDIA_TYPE)
        file.writestr(_entry("META-INF/container.xml"), _CONTAINER)
        for name, data in _files(book):
            file.writestr(_entry(f"EPUB/{name}"), data)
    return stream.getvalue()


def _entry(name: str, how: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.compress_type = how
    entry.external_attr = 0o644 << 16
    entry.create_system = 3  # Unix, wherever it is made
    return entry


def _files(book: Book) -> Iterator[tuple[str, bytes]]:
    """Name and data of each file of the book."""
    chapters = [book.opening, *book.chapters]
    names = {chapter.anchor: f"{number:03}.xhtml" for number, chapter in enumerate(chapters)}
    where = {
        element.get("id"): names[chapter.anchor]
        for chapter in chapters
        for element in chapter.content.iter()
        if element.get("id")
    }
    items = [
        Item("cover.png", "image/png", properties="cover-image"),
        Item("cover.xhtml", properties="", reading=True),
        Item("contents.xhtml", properties="nav", reading=True),
        Item("book.css", "text/css"),
        *(Item(names[chapter.anchor], reading=True, properties=_properties(chapter)) for chapter in chapters),
        *(Item(f"images/{picture.name}", picture.media_type) for picture in book.pictures),
    ]
    yield "package.opf", package(book, items, _identifier(book), _modified(book))
    yield "cover.png", cover_png(book.facts.title, book.facts.site)
    yield "cover.xhtml", _cover(book)
    yield "contents.xhtml", _contents(book, names)
    yield "book.css", (importlib.resources.files(__package__) / "epub.css").read_bytes()
    for number, chapter in enumerate(chapters):
        kind = _KINDS.get(number if number < len(chapters) - 1 else -1, "chapter")
        yield names[chapter.anchor], _page(book, chapter.title, [_moved(chapter, kind, where)])
    for picture in book.pictures:
        yield f"images/{picture.name}", picture.data


def _properties(chapter: Chapter) -> str:
    return "svg" if next(chapter.content.iter("svg"), None) is not None else ""


def _identifier(book: Book) -> str:
    """The same for all versions of a book; the time that it was modified tells them apart."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, book.facts.address)}"


def _modified(book: Book) -> str:
    """As EPUB wants it: UTC, to the second."""
    return f"{dt.datetime.fromisoformat(book.facts.modified).astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _moved(chapter: Chapter, kind: str, where: Mapping[str, str]) -> Untyped:
    """The text of *chapter* with links to the files in which the others are."""
    content = deepcopy(chapter.content)
    content.set(f"{{{_OPS}}}type", kind)
    if kind != "titlepage":
        content.set("role", f"doc-{kind}")
    own = where[chapter.anchor]
    for link in content.iter("a"):
        target = link.get("href", "")
        if target[:1] == "#" and where[target[1:]] != own:
            link.set("href", f"{where[target[1:]]}{target}")
    for image in content.iter("img"):
        image.set("src", f"images/{image.get('src')}")
    return content


def _page(book: Book, title: str, content: Sequence[Untyped]) -> bytes:
    page = etree.Element("html", nsmap={None: _XHTML, "epub": _OPS})
    page.set("lang", book.facts.language)
    page.set(f"{{{_XML}}}lang", book.facts.language)
    head = etree.SubElement(page, "head")
    etree.SubElement(head, "title").text = title
    etree.SubElement(head, "link", rel="stylesheet", type="text/css", href="book.css")
    etree.SubElement(page, "body").extend(content)
    for element in page.iter(etree.Element):
        if isinstance(element.tag, str) and element.tag[:1] != "{":
            element.tag = f"{{{_XHTML}}}{element.tag}"
    data: bytes = etree.tostring(page, encoding="utf-8", xml_declaration=True, doctype="<!DOCTYPE html>")
    return data + b"\n"


def _cover(book: Book) -> bytes:
    section = etree.Element("section", {f"{{{_OPS}}}type": "cover", "class": "cover"})
    alternative = f"{book.facts.title}. {book.facts.site}"
    etree.SubElement(section, "img", src="cover.png", alt=alternative, role="doc-cover")
    return _page(book, str(say(book.facts.language, "book-cover")), [section])


def _contents(book: Book, names: Mapping[str, str]) -> bytes:
    """The table of contents, and where the book's own parts are."""
    title = str(say(book.facts.language, "book-contents"))
    contents = etree.Element("nav", {f"{{{_OPS}}}type": "toc", "role": "doc-toc", "id": "toc"})
    etree.SubElement(contents, "h2").text = title
    listed = etree.SubElement(contents, "ol")
    for chapter in book.chapters:
        name = names[chapter.anchor]
        entry = _listed(listed, f"{name}#{chapter.anchor}", chapter.title)
        if chapter.parts:
            inner = etree.SubElement(entry, "ol")
            for anchor, words in chapter.parts:
                _listed(inner, f"{name}#{anchor}", words)
    marks = etree.Element("nav", {f"{{{_OPS}}}type": "landmarks", "hidden": "hidden", "id": "landmarks"})
    places = etree.SubElement(marks, "ol")
    for kind, target, words in (
        ("cover", "cover.xhtml", str(say(book.facts.language, "book-cover"))),
        ("toc", "#toc", title),
        ("bodymatter", names[book.chapters[0].anchor], book.chapters[0].title),
    ):
        _listed(places, target, words)[0].set(f"{{{_OPS}}}type", kind)
    return _page(book, title, [contents, marks])


def _listed(parent: Untyped, target: str, words: str) -> Untyped:
    entry = etree.SubElement(parent, "li")
    etree.SubElement(entry, "a", href=target).text = words
    return entry
