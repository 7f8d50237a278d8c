"""The language editions of an article: ``slug.rst`` and ``slug.xx.rst`` beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar.rst import parse
from ensayar.translations import original_of, translations_of

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.model import Article


def editions_of(path: Path, root: Path) -> tuple[Article, ...]:
    """The raw executable articles that are editions of the one in *path*, that one first.

    :raises ArticleError: one of them is written wrong.
    """
    original = original_of(path) or path
    others = (other for other in (original, *translations_of(original)) if other != path)
    found = (parse(edition, root=root) for edition in (path, *others))
    return tuple(article for article in found if article is not None)
