"""Articles that this process has read: while no byte of their files has changed, they need not be parsed again.

A command reads an article more than once (for itself, for pytest, for its translation), and docutils takes its time.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.model import Article

Key = tuple["Path", "Path", "Path | None"]
"""The article's file, the project's directory, and the file that it is a translation of."""

GRAIN = 0.05
"""Seconds that the time of a file may lag behind the clock."""

_read: dict[Key, tuple[Article, tuple[str, ...]]] = {}


def _digests(article: Article, root: Path) -> tuple[str, ...] | None:
    try:
        return tuple(hashlib.sha256((root / name).read_bytes()).hexdigest() for name in article.files)
    except OSError:
        return None


def recall(key: Key) -> Article | None:
    """What was read for *key*, if all its files are what they were."""
    article, before = _read.get(key, (None, None))
    return article if article is not None and _digests(article, key[1]) == before else None


def keep(key: Key, article: Article, since: float) -> None:
    """Remember what was read from *since* on (wall clock, seconds since 1970).

    Nothing is kept where a file was saved since: nobody knows which text was read.
    """
    try:
        saved = max((key[1] / name).stat().st_mtime for name in article.files)
    except OSError:
        return
    digests = _digests(article, key[1])
    if digests is not None and saved < since - GRAIN:
        _read[key] = (article, digests)
