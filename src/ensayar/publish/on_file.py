"""Which of the files of :mod:`ensayar.publish.records` there are, below the directory in which the site is built.

Asked of each article in each build, hence by one look at the directory instead of one for each file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from ensayar import album, evidence, recordings, variation
from ensayar.mutation import published
from ensayar.publish.records import folder_of

_FILES = (evidence.FILE_NAME, published.FILE_NAME, variation.FILE_NAME)


@dataclass(frozen=True, slots=True)
class OnFile:
    """What there is of one article."""

    rehearsed: bool = False
    """Whether there is evidence."""
    recorded: bool = False
    """Whether there are recordings."""
    records: tuple[str, ...] = ()
    """All of the files, pictures and recordings among them."""
    pictures: tuple[str, ...] = ()
    """Those of its screenshots."""


def on_file(slug: str) -> OnFile:
    """What there is of the article called *slug*."""
    folder = folder_of(slug)
    try:
        names = os.listdir(folder)  # noqa: PTH208  (each build does this for each article)
    except (FileNotFoundError, NotADirectoryError):
        return OnFile()
    records = [f"{folder}/{name}" for name in _FILES if name in names]
    album_names = _in(folder, album.DIRECTORY, names)
    cast_names = _in(folder, recordings.DIRECTORY, names)
    recorded = any(name.endswith(f"/{recordings.FILE_NAME}") for name in cast_names)
    if recorded:
        records += [name for name in cast_names if name.endswith((f"/{recordings.FILE_NAME}", recordings.SUFFIX))]
    return OnFile(
        rehearsed=evidence.FILE_NAME in names,
        recorded=recorded,
        records=(*records, *album_names),
        pictures=tuple(name for name in album_names if name.endswith(".png")),
    )


def _in(folder: str, name: str, names: list[str]) -> list[str]:
    if name not in names:
        return []
    try:
        found = os.listdir(f"{folder}/{name}")  # noqa: PTH208  (as above)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [f"{folder}/{name}/{each}" for each in sorted(found) if "." in each]
