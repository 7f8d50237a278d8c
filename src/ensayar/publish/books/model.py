"""What a book is: words, chapters and pictures, and what is known about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Untyped = Any
"""lxml has no types."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the text shows."""

    name: str
    """Of the file, unique in the book."""
    media_type: str
    """``image/svg+xml``, ``image/png``…"""
    data: bytes
    """The file."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of text that a reader goes to."""

    anchor: str
    """The id of its element."""
    title: str
    """Its heading, as plain text."""
    content: Untyped
    """A ``section`` of lxml's, without a namespace, valid as HTML and, once it has one, as XHTML."""
    parts: Sequence[tuple[str, str]] = ()
    """Id and heading of each section in it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a book besides its text."""

    title: str
    """Of the article."""
    description: str
    """Of the article, one or two sentences."""
    author: str
    """Who wrote it."""
    site: str
    """What the site is called."""
    language: str
    """Language code of the text."""
    address: str
    """Of the article's page, absolute."""
    published: str
    """When the article came out: ISO 8601 with an offset from UTC."""
    modified: str
    """When the article or what is known about it changed last: the same."""
    rights: str
    """Under what licence, as HTML with absolute links."""


@dataclass(frozen=True, slots=True)
class Book:
    """An article, ready to be written as a book."""

    facts: Facts
    """What is known about it."""
    opening: Chapter
    """Title, dates and description, for a page of their own."""
    chapters: Sequence[Chapter]
    """In order; the last one is about the book itself."""
    pictures: Sequence[Picture]
    """All that the chapters show; in the text they go by their names."""
