"""What is made of an article together with its text, by the one task that Nikola has for it, and where all of it goes.

A task of its own for each of these would cost every build time, also one in which nothing has changed, and most of them
depend on the same as the text. So they are further targets of that task. What is asked here is asked about each article
in each build; what makes them is in :mod:`ensayar.nikola_plugins.making`.
"""

from __future__ import annotations

import os.path
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ensayar.album import DIRECTORY
from ensayar.evidence import FILE_NAME
from ensayar.nikola_plugins.building import slug_of
from ensayar.nikola_plugins.posts import address, is_executable, is_hidden, is_searchable
from ensayar.publish.on_file import on_file
from ensayar.publish.words import DEFAULT, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Untyped = Any
"""Nikola has no types."""
CARD, TEXTS, DOWNLOAD, REPORT, RECORD, MARKER = "card", "texts", "download", "report", "record", "marker"
RECORDED = "recorded"
"""The list of the recordings that are published with an article: which of them hold, no build knows without parsing."""
EPUB, PDF = BOOKS = ("epub", "pdf")
OF_A_REHEARSAL = (REPORT, RECORD, MARKER)
CARDS, SEARCH = "assets/cards", "assets/search"
COMPILER = "ensayar_rest"
"""The compiler that makes them. What another one compiles has tasks for its card and its texts, and nothing else."""


def output_of(site: Untyped) -> str:
    """Where Nikola puts the site."""
    return str(site.config["OUTPUT_FOLDER"]).rstrip("/")


def texts_of(site: Untyped, place: str) -> str:
    """Where the texts for the search are of what is at *place* on the site."""
    return f"{output_of(site)}/{SEARCH}/texts/{place or 'index'}.js"


def possible(site: Untyped, post: Untyped, language: str) -> dict[str, str]:
    """Kind to path of all that there may be of *post* in *language*."""
    output, index, folder = output_of(site), str(site.config["INDEX_FILE"]), folder_of(site, post, language)
    report = f"{folder}/{WORDS.get(language, WORDS[DEFAULT])['report-path']}"
    place, slug = address(post, language), slug_of(post)
    return {
        CARD: f"{output}/{CARDS}/{place or 'index'}.png",
        TEXTS: texts_of(site, place),
        DOWNLOAD: f"{output}/{place}/{slug}.tar.gz",
        EPUB: f"{output}/{place}/{slug}.epub",
        PDF: f"{output}/{place}/{slug}.pdf",
        REPORT: f"{report}/{index}",
        RECORD: f"{report}/{FILE_NAME}",
        MARKER: f"{markers_of(site)}/{_state(post)}/{marker_name(post, language)}",
        RECORDED: f"{site.config['CACHE_FOLDER']}/ensayar-recorded/{marker_name(post, language)}",
    }


def folder_of(site: Untyped, post: Untyped, language: str) -> str:
    """The directory of what belongs to the page of *post* in *language*."""
    index = str(site.config["INDEX_FILE"])
    page = f"{output_of(site)}/{post.destination_path(language)}"
    return page.removesuffix(f"/{index}") if page.endswith(f"/{index}") else page.rsplit(".", 1)[0]


def pictures_of(site: Untyped, post: Untyped, language: str) -> dict[str, str]:
    """Where the pictures of its screenshots are, and where each goes; they come and go."""
    return _published(on_file(slug_of(post)).pictures, folder_of(site, post, language))


def _published(pictures: Iterable[str], folder: str) -> dict[str, str]:
    return {path: f"{folder}/{DIRECTORY}/{os.path.basename(path)}" for path in pictures}  # noqa: PTH119  (quicker)


def wanted(site: Untyped, post: Untyped, language: str, *, executable: bool | None = None) -> dict[str, str]:
    """Kind to path of what there is to be of *post* in *language*.

    :param executable: whether it has steps; ``None``: as far as that is known without parsing it.
    """
    if not post.is_translation_available(language):
        return {}
    found = possible(site, post, language)
    if executable is None:
        # where it has a download, it was executable when it was compiled, and it is compiled again when it changes
        executable = os.path.exists(found[DOWNLOAD]) or is_executable(_source(post, language))  # noqa: PTH110  (quicker)
    kinds: set[str] = set()
    if not post.meta("robots", lang=language):
        kinds.add(CARD)
    if is_searchable(post, language):
        kinds.add(TEXTS)
    if not executable:
        return {kind: path for kind, path in found.items() if kind in kinds}
    kinds.update((DOWNLOAD, *books_of(site)))
    known = on_file(slug_of(post))
    if known.rehearsed:
        kinds.update(OF_A_REHEARSAL)
    if known.recorded:
        kinds.add(RECORDED)
    products = {kind: path for kind, path in found.items() if kind in kinds}
    return products | _published(known.pictures, folder_of(site, post, language)) if known.pictures else products


def recordings_of(site: Untyped, post: Untyped, language: str) -> str:
    """The directory for the recordings of *post* in *language*."""
    return f"{folder_of(site, post, language)}/{WORDS.get(language, WORDS[DEFAULT])['recording-path']}"


def listed(found: Mapping[str, str]) -> list[str]:
    """The recordings that were published with the article whose products are *found*, when it was last compiled."""
    try:
        return Path(found[RECORDED]).read_text(encoding="utf-8").splitlines()
    except (KeyError, FileNotFoundError):
        return []


def books_of(site: Untyped) -> tuple[str, ...]:
    """The formats in which articles are made into books: ``ENSAYAR_BOOKS`` in ``conf.py``, nothing where it is not."""
    return tuple(site.config.get("ENSAYAR_BOOKS", ()))


def _source(post: Untyped, language: str) -> str:
    return Path(post.translated_source_path(language)).read_text(encoding="utf-8")


def records_of(post: Untyped) -> tuple[str, ...]:
    """The files that are there and say something about the article; they come and go."""
    return on_file(slug_of(post)).records


def markers_of(site: Untyped) -> str:
    """Where the markers are, in directories of which each article uses one.

    A marker says whether the evidence of an article is older than the article: one line if so, else none.
    """
    return f"{site.config['CACHE_FOLDER']}/ensayar"


def marker_name(post: Untyped, language: str) -> str:
    """What the marker of *post* is called in its directory."""
    return f"{slug_of(post)}.{language}"


def _state(post: Untyped) -> str:
    """What the report depends on that no file tells. It names a directory: when it changes, a target is missing."""
    return f"{'+'.join(sorted(post.translated_to))}-{'hidden' if is_hidden(post) else 'shown'}"
