"""The package document of an EPUB: what the book is, which files it has, and in which order they are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree
from markupsafe import Markup

from ensayar.publish.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ensayar.publish.books.model import Book, Untyped

_OPF = "http://www.idpf.org/2007/opf"
_DC = "http://purl.org/dc/elements/1.1/"
_XML = "http://www.w3.org/XML/1998/namespace"
_ACCESSIBILITY = (
    ("accessMode", "textual"),
    ("accessMode", "visual"),
    ("accessModeSufficient", "textual"),
    ("accessibilityFeature", "alternativeText"),
    ("accessibilityFeature", "readingOrder"),
    ("accessibilityFeature", "structuralNavigation"),
    ("accessibilityFeature", "tableOfContents"),
    ("accessibilityHazard", "none"),
)
"""The vocabulary of schema.org; pictures have their words beside them."""


@dataclass(frozen=True, slots=True)
class Item:
    """A file of the book."""

    name: str
    """Its path, from the package document."""
    media_type: str = "application/xhtml+xml"
    """What it is."""
    properties: str = ""
    """What EPUB says of it: ``nav``, ``cover-image``…"""
    reading: bool = False
    """Whether it is read in its turn."""


def package(book: Book, items: Sequence[Item], identifier: str, modified: str) -> bytes:
    """The package document of *book*.

    :param modified: in UTC, to the second: ``2026-11-24T22:00:00Z``.
    """
    root = etree.Element(f"{{{_OPF}}}package", nsmap={None: _OPF, "dc": _DC})
    root.set("version", "3.0")
    root.set("unique-identifier", "id")
    root.set(f"{{{_XML}}}lang", book.facts.language)
    root.append(_metadata(book, identifier, modified))
    manifest = etree.SubElement(root, f"{{{_OPF}}}manifest")
    spine = etree.SubElement(root, f"{{{_OPF}}}spine")
    for item in items:
        name = "_" + re.sub(r"[^A-Za-z0-9]", "-", item.name)
        attributes = {"id": name, "href": item.name, "media-type": item.media_type}
        if item.properties:
            attributes["properties"] = item.properties
        etree.SubElement(manifest, f"{{{_OPF}}}item", attributes)
        if item.reading:
            etree.SubElement(spine, f"{{{_OPF}}}itemref", idref=name)
    data: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return data


def _metadata(book: Book, identifier: str, modified: str) -> Untyped:
    facts = book.facts
    metadata = etree.Element(f"{{{_OPF}}}metadata")
    etree.SubElement(metadata, f"{{{_DC}}}identifier", id="id").text = identifier
    for name, text in (
        ("title", facts.title),
        ("language", facts.language),
        ("creator", facts.author),
        ("publisher", facts.site),
        ("date", facts.published),
        ("description", facts.description),
        ("source", facts.address),
        ("rights", Markup(facts.rights).striptags()),  # noqa: S704  (of the site's own settings; nothing is rendered)
    ):
        if text:
            etree.SubElement(metadata, f"{{{_DC}}}{name}").text = text
    summary = str(say(facts.language, "book-accessible"))
    for name, text in (
        ("dcterms:modified", modified),
        *((f"schema:{name}", text) for name, text in (*_ACCESSIBILITY, ("accessibilitySummary", summary))),
    ):
        etree.SubElement(metadata, f"{{{_OPF}}}meta", property=name).text = text
    return metadata
