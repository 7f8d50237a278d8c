"""The books: each article that has steps as EPUB and PDF, where ``ENSAYAR_BOOKS`` in ``conf.py`` says so."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from ensayar.errors import UsageError
from ensayar.model import Location
from ensayar.nikola_plugins.building import renew
from ensayar.nikola_plugins.products import EPUB, PDF, output_of, pictures_of
from ensayar.publish.books import epub, pdf
from ensayar.publish.books.making import book_of
from ensayar.publish.books.model import Facts
from ensayar.publish.words import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ensayar.publish.page import Page

Untyped = Any
"""Nikola has no types."""
_IMAGE = re.compile(r"""<img\b[^>]*?\bsrc=["']([^"']*)["']""")


def write(site: Untyped, post: Untyped, page: Page, fragment: Path, targets: Mapping[str, str]) -> None:
    """The books of the article whose text is in *fragment*, where *targets* say; a PDF only where it shows new things.

    :raises UsageError: a picture is not among the site's files, or no book can show it.
    :raises InfrastructureError: what makes a PDF is not installed.
    """
    language = page.language
    here: str = post.permalink(language)

    def read(source: str) -> tuple[str, bytes]:
        path = _file(source, site, post, language)
        if path is None:
            where = _place(Path(post.translated_source_path(language)), source)
            message = f"{where}: a book cannot have the picture {source}; put its file into one of FILES_FOLDERS"
            raise UsageError(message)
        return str(path), path.read_bytes()

    book = book_of(
        fragment.read_text(encoding="utf-8"),
        _facts(site, post, page),
        page.values,
        address=lambda target: site.url_replacer(here, target, language, "absolute"),
        read=read,
    )
    if EPUB in targets:
        renew(Path(targets[EPUB]), epub.pack(book))
    if PDF in targets and not pdf.shows(Path(targets[PDF]), book):
        renew(Path(targets[PDF]), pdf.write(book))


def pictures_in(html: str, site: Untyped, post: Untyped, language: str) -> Iterator[str]:
    """The files of the pictures that an article's *html* shows: a book has them in it."""
    for source in _IMAGE.findall(html):
        path = _file(unescape(source), site, post, language)
        if path is not None:
            yield str(path)


def _file(source: str, site: Untyped, post: Untyped, language: str) -> Path | None:
    """Of the site's own files the one that a page shows as *source*; ``None``: there is none."""
    parts = urlsplit(urljoin(post.permalink(language), source))
    if parts.netloc:
        return None
    place = Path(unquote(parts.path).lstrip("/"))
    for folder, target in {**site.config["FILES_FOLDERS"], **site.config["IMAGE_FOLDERS"]}.items():
        if place.is_relative_to(target):
            path = Path(folder, place.relative_to(target))
            if path.is_file():
                return path
    taken = pictures_of(site, post, language)  # screenshots are beside the article
    wanted = Path(output_of(site), place)
    return next((Path(path) for path, target in taken.items() if Path(target) == wanted), None)


def _place(source: Path, words: str) -> Location:
    """Where in an article's *source* these *words* stand first."""
    lines = source.read_text(encoding="utf-8").splitlines()
    return Location(str(source), next((number for number, line in enumerate(lines, 1) if words in line), 1))


def _facts(site: Untyped, post: Untyped, page: Page) -> Facts:
    language, config = page.language, site.config
    published, modified = post.date, post.updated or post.date
    rehearsed = moment_of(page.evidence.started) if page.evidence is not None else None
    if rehearsed is not None:
        modified = max(modified, rehearsed if rehearsed.tzinfo else rehearsed.replace(tzinfo=dt.UTC))
    footer = config["CONTENT_FOOTER"](language)
    return Facts(
        title=post.title(language),
        description=post.description(language) or "",
        author=post.author(language),
        site=config["BLOG_TITLE"](language),
        language=language,
        address=post.permalink(language, absolute=True),
        published=published.isoformat(timespec="seconds"),
        modified=modified.isoformat(timespec="seconds"),
        rights=footer,
    )
