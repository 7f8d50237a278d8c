"""The language editions of an article: ``slug.rst`` and ``slug.xx.rst`` beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ensayar.rst import parse

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.model import Article

# as Nikola's TRANSLATIONS_PATTERN has it: a language, maybe with a region or a script
_LANGUAGE = re.compile(r"[a-z]{2,3}([_-][A-Za-z]{2,4})?")


def editions_of(path: Path, root: Path) -> tuple[Article, ...]:
    """The raw executable articles that are editions of the one in *path*, that one first.

    :raises ArticleError: one of them is written wrong.
    """
    slug = path.name.split(".")[0]
    others = [
        other
        for other in sorted(path.parent.glob("*.rst"))
        if other != path
        and (other.name == f"{slug}.rst" or _LANGUAGE.fullmatch(other.name[len(slug) + 1 : -len(".rst")]))
        and other.name.startswith(f"{slug}.")
    ]
    found = (parse(edition, root=root) for edition in (path, *others))
    return tuple(article for article in found if article is not None)
