"""The pictures of an article's screenshots: ``evidence/screenshots/``, and what differs from them until it is accepted.

Two PNG files for each screenshot, one in a light and one in a dark scheme, and ``screenshots.json`` with what each is a
picture of. A picture that a later rehearsal sees again stays byte for byte.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ensayar import transaction
from ensayar.errors import UsageError
from ensayar.screenshots import SCHEMES
from ensayar.transaction import Action, Content

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from ensayar.project import Project

DIRECTORY = "screenshots"
"""Beside the evidence of the article."""
FILE_NAME = "screenshots.json"
SCHEMA_VERSION = 1
_PENDING = ".dev/screenshots"


Box = tuple[int, int, int, int]
"""Left, top, right, bottom; pixels of a picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of the pictures of one screenshot."""

    options: str
    """Digest of the directive's options, see :func:`ensayar.screenshots.options_digest`."""
    state: str
    """Digest of the machine, see :func:`ensayar.screenshots.state_digest`."""
    taken: str
    """ISO 8601, UTC, seconds: when."""
    browser: str
    """Name and version."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    masked: Mapping[str, Mapping[str, tuple[Box, ...]]]
    """Scheme to selector to the boxes of what it matches, which are not compared."""


Album = dict[str, Picture]
"""By the screenshot's name."""


def kept(place: Project, slug: str) -> Path:
    """Where the pictures of the article *slug* are committed."""
    return place.evidence(slug) / DIRECTORY


def pending(place: Project, slug: str) -> Path:
    """Where pictures of the article *slug* wait that differ from those, and what the difference looks like."""
    return place.root / _PENDING / slug


def picture_path(directory: Path, name: str, scheme: str) -> Path:
    """Where in *directory* the picture of a screenshot lies."""
    return directory / f"{name}-{scheme}.png"


def difference_path(directory: Path, name: str, scheme: str) -> Path:
    """Where in *directory* the picture lies that shows what differs."""
    return directory / f"{name}-{scheme}.difference.png"


def load(directory: Path, *, whole: bool = True) -> Album:
    """What is kept in *directory*; *whole*: only what has a picture for each scheme.

    :raises UsageError: the list is there and cannot be read.
    """
    path = directory / FILE_NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        found = _album(data)
    except FileNotFoundError:
        return {}
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}); move it out of the way"
        raise UsageError(message) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"{path}: no list of screenshots ({error}); delete {directory} and rehearse again"
        raise UsageError(message) from error
    needed = all if whole else any
    return {
        name: picture
        for name, picture in found.items()
        if needed(picture_path(directory, name, scheme).is_file() for scheme in SCHEMES)
    }


def _album(data: dict[str, Any]) -> Album:
    if data["schema"] != SCHEMA_VERSION:
        message = f"not of schema {SCHEMA_VERSION}"
        raise ValueError(message)
    return {str(name): _picture(picture) for name, picture in data["screenshots"].items()}


def _picture(data: dict[str, Any]) -> Picture:
    masked = {
        scheme: {str(selector): tuple(map(_box, boxes)) for selector, boxes in data["masked"][scheme].items()}
        for scheme in SCHEMES
    }
    return Picture(**{**data, "width": int(data["width"]), "height": int(data["height"]), "masked": masked})


def _box(data: list[int]) -> Box:
    left, top, right, bottom = map(int, data)
    return left, top, right, bottom


def digest(directory: Path, name: str) -> str:
    """Of all that is kept in *directory* of the screenshot called *name*."""
    found = hashlib.sha256(repr(load(directory).get(name)).encode())
    for scheme in SCHEMES:
        path = picture_path(directory, name, scheme)
        found.update(path.read_bytes() if path.is_file() else b"-")
    return found.hexdigest()


def actions(
    directory: Path, slug: str, album: Album, files: Mapping[Path, bytes], wanted: Collection[str]
) -> tuple[Action, ...]:
    """What has to change so that *directory* holds *album* and *files*; pictures of none of *wanted* go.

    *files*: those that are new, by their place in *directory*; what is there already with these bytes stays as it is.
    """
    shown = {name: asdict(album[name]) for name in wanted if name in album}
    text = json.dumps({"schema": SCHEMA_VERSION, "article": slug, "screenshots": shown}, indent=1, ensure_ascii=False)
    changed = {**files, directory / FILE_NAME: f"{text}\n".encode()} if shown else dict(files)
    ours = {picture_path(directory, name, scheme) for name in shown for scheme in SCHEMES}
    ours |= {difference_path(directory, name, scheme) for name in shown for scheme in SCHEMES} | {*changed}
    gone = [path for path in sorted(directory.glob("*")) if path.suffix in {".png", ".json"} and path not in ours]
    return (
        *(Action("delete", path, None) for path in gone),
        *(
            Action("update" if path.is_file() else "create", path, Content(data))
            for path, data in changed.items()
            if not path.is_file() or path.read_bytes() != data
        ),
    )


def write(directory: Path, slug: str, album: Album, files: Mapping[Path, bytes], wanted: Collection[str]) -> None:
    """Do what :func:`actions` says: all of it or nothing.

    :raises UsageError: the file system refuses.
    """
    transaction.run(actions(directory, slug, album, files, wanted), directory.parent)


def drop(directory: Path, slug: str, name: str) -> None:
    """Take all away that waits in *directory* for the screenshot called *name*."""
    waiting = load(directory, whole=False)
    if waiting.pop(name, None) is not None:
        write(directory, slug, waiting, {}, waiting)
