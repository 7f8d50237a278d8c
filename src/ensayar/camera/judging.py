"""One screenshot of a rehearsal: taken, compared with the picture that is kept, and kept where there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from ensayar import album
from ensayar.album import Picture
from ensayar.camera.browser import Taken, take
from ensayar.camera.comparing import Difference, UnreadableError, compare, covered
from ensayar.camera.reaching import reached
from ensayar.errors import ScreenshotError
from ensayar.screenshots import SCHEMES, has_own_values, of, options_digest, state_digest, target

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.machine.protocol import Machine
    from ensayar.model import Article
    from ensayar.project import Project
    from ensayar.screenshots import Screenshot

_MOST_MASKED = 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """One screenshot, and where it belongs."""

    shot: Screenshot
    """Resolved."""
    article: Article
    """Resolved."""
    place: Project
    """Whose evidence it is."""
    command: str
    """What takes over what differs, for messages."""


def judge(look: Look, machine: Machine, *, keep: bool) -> str | None:
    """Take *look* of *machine*, compare it with what is kept, and say what was written; ``None``: nothing.

    With other values for the parameters than the article's own, the page has to be there, and nothing is compared.

    :param keep: whether a picture may be kept, and what is known of it be renewed.
    :raises ScreenshotError: the page cannot be shown, or is not as it was: the picture of now and one of what differs
        then lie in the project's ``.dev/screenshots/``.
    :raises InfrastructureError: the browser or the way to the machine failed.
    :raises UsageError: what is kept cannot be read or written.
    """
    goal = target(look.shot)
    with reached(machine, goal) as port:
        taken = take(look.shot, goal, port, look.article.language)
    _refuse_blind(look, taken)
    if not has_own_values(look.article):
        return None
    directory = album.kept(look.place, look.article.slug)
    known = album.load(directory).get(look.shot.name)
    if known is None:
        return _keep(look, _picture(look, taken), taken.pictures) if keep else None
    differences = {scheme: _difference(look, known, taken, scheme) for scheme in SCHEMES}
    differing = {scheme: each for scheme, each in differences.items() if each.share > look.shot.tolerance}
    waiting = album.pending(look.place, look.article.slug)
    if differing:
        _put_aside(look, taken, differing)
        _fail(look, _told(look, differing))
    album.drop(waiting, look.article.slug, look.shot.name)
    same = replace(known, options=options_digest(look.shot), state=state_digest(look.article, look.shot.after))
    if keep and same != known:
        _keep(look, same, {})
    return None


def _picture(look: Look, taken: Taken) -> Picture:
    return Picture(
        options=options_digest(look.shot),
        state=state_digest(look.article, look.shot.after),
        taken=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        browser=taken.browser,
        width=look.shot.width,
        height=look.shot.height,
        masked=taken.masked,
    )


def _keep(look: Look, picture: Picture, pictures: dict[str, bytes]) -> str:
    directory, name = album.kept(look.place, look.article.slug), look.shot.name
    files = {album.picture_path(directory, name, scheme): data for scheme, data in pictures.items()}
    found = {**album.load(directory), name: picture}
    album.write(directory, look.article.slug, found, files, [shot.name for shot in of(look.article)])
    where = directory.relative_to(look.place.root)
    return f"screenshot “{name}”: the first of it, kept in {where}/; look at it"


def _put_aside(look: Look, taken: Taken, differing: dict[str, Difference]) -> None:
    directory, name = album.pending(look.place, look.article.slug), look.shot.name
    files: dict[Path, bytes] = {}
    for scheme, difference in differing.items():
        files[album.picture_path(directory, name, scheme)] = taken.pictures[scheme]
        files[album.difference_path(directory, name, scheme)] = difference.picture
    album.drop(directory, look.article.slug, name)
    found = {**album.load(directory, whole=False), name: _picture(look, taken)}
    album.write(directory, look.article.slug, found, files, found)
    (directory.parent / ".gitignore").write_text("*\n", encoding="utf-8")


def _difference(look: Look, known: Picture, taken: Taken, scheme: str) -> Difference:
    path = album.picture_path(album.kept(look.place, look.article.slug), look.shot.name, scheme)
    # what moves about was in one place then and is in another now; what is masked no longer is compared
    boxes = [
        box
        for selector in look.shot.masks
        for masked in (known.masked[scheme], taken.masked[scheme])
        for box in masked.get(selector, ())
    ]
    try:
        return compare(path.read_bytes(), taken.pictures[scheme], boxes)
    except UnreadableError as error:
        where = path.relative_to(look.place.root)
        _fail(look, f"{where} is no picture; delete it and rehearse again", error)


def _refuse_blind(look: Look, taken: Taken) -> None:
    """What leaves out most of the page compares nothing."""
    size = look.shot.width, look.shot.height
    most = max(covered(size, [box for boxes in each.values() for box in boxes]) for each in taken.masked.values())
    if most > _MOST_MASKED:
        _fail(look, f"“:mask:” leaves out {most:.0%} of the page, more than half; mask less")


def _told(look: Look, differing: dict[str, Difference]) -> str:
    """What differs, in one line."""
    told = []
    for scheme, difference in differing.items():
        (width, height), (now_width, now_height) = difference.sizes
        if (width, height) != (now_width, now_height):
            told.append(f"its size is {now_width} by {now_height} and was {width} by {height} ({scheme})")
        else:
            told.append(f"{100 * difference.share:.3g}% of its pixels differ ({scheme})")
    scheme = next(iter(differing))
    directory = album.pending(look.place, look.article.slug)
    where = album.difference_path(directory, look.shot.name, scheme).relative_to(look.place.root)
    return (
        f"{', '.join(told)}, and {100 * look.shot.tolerance:g}% may; look at {where} and the new picture beside it; "
        f"if that is right: {look.command}"
    )


def _fail(look: Look, message: str, cause: Exception | None = None) -> NoReturn:
    raise ScreenshotError(look.shot.location, look.shot.after, look.shot.name, message) from cause
