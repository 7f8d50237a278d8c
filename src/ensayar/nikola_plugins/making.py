"""Makes what :mod:`ensayar.nikola_plugins.products` lists, once the text of an article is compiled.

Loaded only where something is compiled: docutils, Pygments and Pillow take their time.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ensayar import album, bundle, recordings
from ensayar.nikola_plugins import books, reports
from ensayar.nikola_plugins.building import ending_the_build, renew
from ensayar.nikola_plugins.posts import is_executable
from ensayar.nikola_plugins.products import (
    BOOKS,
    CARD,
    DOWNLOAD,
    MARKER,
    RECORDED,
    REPORT,
    TEXTS,
    folder_of,
    marker_name,
    markers_of,
    pictures_of,
    possible,
    recordings_of,
    wanted,
)
from ensayar.publish import card, search
from ensayar.publish.page import load_page
from ensayar.publish.records import recordings_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ensayar.publish.page import Page

Untyped = Any
"""Nikola has no types."""


def make(site: Untyped, post: Untyped, language: str, fragment: Path) -> None:
    """All there is to be of *post* besides its text, which is in *fragment*; what there is no longer to be, goes."""
    if not post.is_translation_available(language):
        return
    source = Path(post.translated_source_path(language))
    with ending_the_build():
        page = load_page(
            source,
            root=Path.cwd(),
            language=language,
            places=reports.places_of(post, language),
            spoken=site.config["DEFAULT_LANG"],
        )
    # an example of the directive may be all there is
    executable = page is not None and is_executable(source.read_text(encoding="utf-8"))
    found = wanted(site, post, language, executable=executable)
    _remove(path for kind, path in possible(site, post, language).items() if kind not in found)
    _remove_markers(site, post, language, found.get(MARKER))
    pictures = pictures_of(site, post, language) if executable else {}
    shown = Path(folder_of(site, post, language), album.DIRECTORY)
    _remove(path for path in shown.glob("*.png") if str(path) not in pictures.values())
    for picture, target in pictures.items():
        renew(Path(target), Path(picture).read_bytes())
    if CARD in found:
        write_card(post.title(language), site.config["BLOG_TITLE"](language), Path(found[CARD]))
    if TEXTS in found:
        write_texts(fragment, Path(found[TEXTS]))
    if page is not None and DOWNLOAD in found:
        renew(Path(found[DOWNLOAD]), bundle.pack(page.article))
    if page is not None and REPORT in found:
        reports.write(site, post, page, found)
    if page is not None and not found.keys().isdisjoint(BOOKS):
        with ending_the_build():
            books.write(site, post, page, fragment, found)
    _write_recordings(Path(recordings_of(site, post, language)), page, found.get(RECORDED))


def _write_recordings(folder: Path, page: Page | None, listed: str | None) -> None:
    """Those of *page* that hold, into *folder*, and what they are into the file *listed*; no others stay there."""
    targets: list[Path] = []
    if page is not None and listed is not None:
        origin = recordings_path(page.article.slug, Path.cwd()).parent
        for step in page.recordings:
            targets.append(recordings.cast_path(folder, step))
            renew(targets[-1], recordings.cast_path(origin, step).read_bytes())
        renew(Path(listed), "".join(f"{target}\n" for target in targets).encode())
    _remove(str(path) for path in set(folder.glob(f"*{recordings.SUFFIX}")).difference(targets))


def write_card(title: str, site: str, target: Path) -> None:
    """The picture of the page called *title* on *site*; drawing takes longer than all else, so only where it is new."""
    if not card.shows(target, title, site):
        renew(target, card.card_png(title, site))


def write_texts(fragment: Path, target: Path) -> None:
    """What the search finds in the article whose text is in *fragment*."""
    passages = search.passages_of(fragment.read_text(encoding="utf-8"))
    renew(target, search.texts_module(passages).encode())


def _remove(paths: Iterable[str | Path]) -> None:
    for path in map(Path, paths):
        path.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()


def _remove_markers(site: Untyped, post: Untyped, language: str, kept: str | None) -> None:
    name = marker_name(post, language)
    _remove(str(path) for path in Path(markers_of(site)).glob(f"*/{name}") if str(path) != kept)
