"""Takes the pictures that differed in a rehearsal over into the evidence, with what is known of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ensayar import album, transaction
from ensayar.errors import Problem
from ensayar.screenshots import SCHEMES, options_digest, resolved, state_digest

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.album import Album, Picture
    from ensayar.model import Article
    from ensayar.project import Project
    from ensayar.screenshots import Screenshot


@dataclass(frozen=True, slots=True)
class Waiting:
    """A screenshot that differed."""

    shot: Screenshot
    """Resolved."""
    picture: Picture
    """What is known of the new pictures."""
    files: dict[str, Path]
    """Scheme to the new picture; a scheme that did not differ has none."""


def waiting(article: Article, place: Project) -> tuple[tuple[Waiting, ...], tuple[Problem, ...]]:
    """The screenshots of the resolved *article* that differed and may be taken over, and those that may not any more.

    :raises UsageError: what lies there cannot be read.
    """
    directory = album.pending(place, article.slug)
    known = album.load(directory, whole=False)
    found: list[Waiting] = []
    refused: list[Problem] = []
    for shot in resolved(article):
        picture = known.get(shot.name)
        if picture is None:
            continue
        if (picture.options, picture.state) != (options_digest(shot), state_digest(article, shot.after)):
            message = f"screenshot “{shot.name}”: the article has changed since it was taken; rehearse again"
            refused.append(Problem(shot.location, message))
            continue
        paths = {scheme: album.picture_path(directory, shot.name, scheme) for scheme in SCHEMES}
        found.append(Waiting(shot, picture, {scheme: path for scheme, path in paths.items() if path.is_file()}))
    return tuple(found), tuple(refused)


def take_over(article: Article, place: Project, found: tuple[Waiting, ...]) -> None:
    """Put the pictures of *found* in the place of those that are kept: all of them or none.

    :raises UsageError: the file system refuses, or what is kept cannot be read.
    """
    directory = album.kept(place, article.slug)
    kept: Album = album.load(directory)
    files: dict[Path, bytes] = {}
    for each in found:
        before = kept.get(each.shot.name)
        masked = {**(before.masked if before else {}), **{scheme: each.picture.masked[scheme] for scheme in each.files}}
        kept[each.shot.name] = replace(each.picture, masked=masked)
        for scheme, path in each.files.items():
            files[album.picture_path(directory, each.shot.name, scheme)] = path.read_bytes()
    wanted = [shot.name for shot in resolved(article)]
    transaction.run(album.actions(directory, article.slug, kept, files, wanted), place.root)
    for each in found:
        album.drop(album.pending(place, article.slug), article.slug, each.shot.name)
