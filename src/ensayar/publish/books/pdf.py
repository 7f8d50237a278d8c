"""A book as PDF: tagged, after PDF/UA-1 (ISO 14289-1), with bookmarks and its own fonts.

The page is laid out by WeasyPrint, which takes seconds, so a PDF carries the digest of what it shows as its identifier
(ISO 32000-1, 14.4), and is left alone while it shows the same. Nothing is fetched: fonts and pictures go with the text.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import importlib.metadata
import importlib.resources
import io
import logging
import os
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING
from unittest.mock import patch

from lxml import etree
from lxml import html as lxml_html

from ensayar.errors import InfrastructureError, UsageError
from ensayar.publish.card import FONT
from ensayar.publish.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from ensayar.publish.books.model import Book, Untyped

SYSTEM_PACKAGES = "libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"
"""What Debian calls what WeasyPrint needs of the system, and the fonts for code."""
_VARIANT = "pdf/ua-1"
_FACES = (
    ("Zilla Slab", 700, "normal", FONT),
    ("Source Sans 3", 400, "normal", "source-sans-3-latin-400-normal.woff"),
    ("system-ui", 400, "normal", "source-sans-3-latin-400-normal.woff"),
    ("system-ui", 600, "normal", "source-sans-3-latin-600-normal.woff"),
    ("Source Sans 3", 400, "italic", "source-sans-3-latin-400-italic.woff"),
    ("Source Sans 3", 600, "normal", "source-sans-3-latin-600-normal.woff"),
    ("Source Sans 3", 600, "italic", "source-sans-3-latin-600-italic.woff"),
)
"""Family, weight, style and file. What pictures call the system's font is the text's."""


def shows(path: Path, book: Book) -> bool:
    """Whether the file *path* is the whole of the PDF that :func:`write` makes of *book*."""
    try:
        data = path.read_bytes()
    except OSError:
        return False
    # pydyf writes the identifier into what is last in the file
    return data.rstrip().endswith(b"%%EOF") and f"/ID [<{_digest(_document(book)).encode().hex()}>".encode() in data


def write(book: Book) -> bytes:
    """*book* as a PDF.

    :raises UsageError: a picture is not what it says it is.
    :raises InfrastructureError: what lays out pages is not installed.
    """
    document = _document(book)
    weasyprint = _weasyprint()
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    # the time that fontTools writes into the fonts that it unpacks
    moment = {"SOURCE_DATE_EPOCH": str(int(dt.datetime.fromisoformat(book.facts.modified).timestamp()))}
    with patch.dict(os.environ, moment), _complaints() as complaints:
        data: bytes = weasyprint.HTML(string=document, url_fetcher=fetcher).write_pdf(
            pdf_variant=_VARIANT, pdf_identifier=_digest(document).encode()
        )
    if complaints:
        message = f"“{book.facts.title}” cannot be made a PDF: {complaints[0]}"
        raise UsageError(message)
    return data


@contextlib.contextmanager
def _complaints() -> Iterator[list[str]]:
    """What WeasyPrint could not use while this lasts. Its warnings, about the styles of pictures, are for nobody."""
    found: list[str] = []
    logger = logging.getLogger("weasyprint")

    def note(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            found.append(" ".join(record.getMessage().split()))
        return False

    logger.addFilter(note)
    try:
        yield found
    finally:
        logger.removeFilter(note)


def _weasyprint() -> ModuleType:
    """Loaded only where a PDF is made: it takes as long as a small site does."""
    try:
        # it has more to say where something is missing than a person can use
        with contextlib.redirect_stdout(io.StringIO()):
            import weasyprint  # noqa: PLC0415
            import weasyprint.urls  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = f"a PDF needs WeasyPrint, and the Python package “{error.name}” is missing"
        raise InfrastructureError(message, "type:  pip install 'ensayar[nikola]'") from error
    except OSError as error:
        message = f"a PDF needs libraries that are missing ({str(error).split(':', 1)[0]})"
        remedy = f"type, as root:  apt-get install --yes {SYSTEM_PACKAGES}"
        raise InfrastructureError(message, f"{remedy}  (or leave “pdf” out of ENSAYAR_BOOKS in conf.py)") from error
    module: ModuleType = weasyprint
    return module


def _digest(document: str) -> str:
    """Of all that a PDF depends on but the system's libraries and fonts."""
    words = [document, _VARIANT, *(importlib.metadata.version(name) for name in ("weasyprint", "pydyf"))]
    return hashlib.sha256("\0".join(words).encode()).hexdigest()


def _document(book: Book) -> str:
    """The book as one HTML page that needs nothing else."""
    facts = book.facts
    page = etree.Element("html", lang=facts.language)
    head = etree.SubElement(page, "head")
    etree.SubElement(head, "meta", charset="utf-8")
    etree.SubElement(head, "title").text = facts.title
    for name, content in (
        ("author", facts.author),
        ("description", facts.description),
        ("dcterms.created", facts.published),
        ("dcterms.modified", facts.modified),
    ):
        if content:
            etree.SubElement(head, "meta", name=name, content=content)
    etree.SubElement(head, "style").text = _style()
    body = etree.SubElement(page, "body")
    body.append(deepcopy(book.opening.content))
    body.append(_contents(book))
    body.extend(deepcopy(chapter.content) for chapter in book.chapters)
    _with_pictures(body, book)
    _with_addresses(body)
    text: str = lxml_html.tostring(page, encoding="unicode", doctype="<!DOCTYPE html>")
    return text


def _contents(book: Book) -> Untyped:
    contents = etree.Element("nav", {"class": "contents"})
    etree.SubElement(contents, "h2").text = str(say(book.facts.language, "book-contents"))
    listed = etree.SubElement(contents, "ol")
    for chapter in book.chapters:
        entry = etree.SubElement(listed, "li")
        etree.SubElement(entry, "a", href=f"#{chapter.anchor}").text = chapter.title
        inner = etree.SubElement(entry, "ol") if chapter.parts else None
        for anchor, words in chapter.parts:
            part = etree.SubElement(inner, "li")
            etree.SubElement(part, "a", href=f"#{anchor}").text = words
    return contents


def _with_pictures(body: Untyped, book: Book) -> None:
    pictures = {picture.name: picture for picture in book.pictures}
    for image in body.iter("img"):
        picture = pictures[image.get("src")]
        image.set("src", _inline(picture.media_type, picture.data))


def _with_addresses(body: Untyped) -> None:
    """On paper a link to elsewhere says where that is; those of the blocks all lead to one report, named once."""
    for link in list(body.iter("a")):
        target = link.get("href", "")
        if "external" in (link.get("class") or "") and "".join(link.itertext()) != target:
            note = etree.Element("span", {"class": "address"})
            note.text = target
            note.tail, link.tail = link.tail, None
            link.addnext(note)


def _inline(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


@cache
def _style() -> str:
    package = importlib.resources.files("ensayar")
    faces = [
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style}; '
        f'src: url("{_inline("font/woff", (package / "fonts" / name).read_bytes())}"); }}'
        for family, weight, style, name in _FACES
    ]
    own = (package / "publish" / "books" / "pdf.css").read_text(encoding="utf-8")
    return "\n".join([*faces, own])
