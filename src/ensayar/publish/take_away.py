"""Where a reader gets the whole deployment as one file, and the article as a book. Works without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar import bundle
from ensayar.publish.html import element, join
from ensayar.publish.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markupsafe import Markup

    from ensayar.publish.page import Page

BOOK_TYPES = {"epub": "application/epub+zip", "pdf": "application/pdf"}
"""The formats of books, and what servers call them."""


def take_away_html(page: Page, url: str) -> Markup:
    """The line that offers the deployment of *page*'s article, which is at *url*."""
    name = bundle.file_name(page.article.slug)
    kilobytes = max(1, round(len(bundle.pack(page.article)) / 1000))
    link = element("a", element("code", name), href=url, download=name)
    words = [say(page.language, "take-away", link=link, kilobytes=kilobytes)]
    if page.article.parameters:
        words.append(say(page.language, "take-away-values"))
    return element("p", join(words, " "), class_="take-away")


def books_html(urls: Mapping[str, str], language: str) -> Markup:
    """The line that offers the article as a book, which is at *urls*, by format: ``epub``, ``pdf``."""
    links = (
        element(
            "a",
            kind.upper(),
            href=url,
            type=BOOK_TYPES[kind],
            aria_label=str(say(language, "read-offline-of", format=kind.upper())),
        )
        for kind, url in urls.items()
    )
    return element("p", say(language, "read-offline", links=join(links, ", ")), class_="books")
