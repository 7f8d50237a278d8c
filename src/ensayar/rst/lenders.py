"""The other articles that one takes blocks from, with ``.. shared:: name`` and ``:from: slug``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar.errors import ArticleError
from ensayar.parameters import did_you_mean
from ensayar.validate import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ensayar.model import Article, Block, Location


class Lenders:
    """Those of one article, each read once; they lie beside it."""

    def __init__(self, home: Path, reading: tuple[Path, ...], read: Callable[[Path], Article | None]) -> None:
        """*home* is the article's directory; *reading* the files that are being read, its own among them.

        :param read: gives the article in a file, ``None`` for one that is not executable.
        """
        self._home = home
        self._reading = reading
        self._read = read
        self._known: dict[str, Article | ArticleError] = {}
        self._places: dict[Location, Location] = {}

    def lend(self, slug: str) -> Article:
        """The article called *slug*.

        :raises ValueError: there is none that could lend a block.
        :raises ArticleError: it is written wrong.
        """
        if slug not in self._known:
            try:
                self._known[slug] = self._article(slug)
            except ArticleError as error:
                self._known[slug] = error
        found = self._known[slug]
        if isinstance(found, ArticleError):
            raise found
        return found

    def _article(self, slug: str) -> Article:
        beside = {path.stem: path for path in self._home.glob("*.rst") if "." not in path.stem}
        path = beside.get(slug)
        if path is None:
            others = [name for name, other in beside.items() if other not in self._reading]
            message = f"no article “{slug}” beside this one; {did_you_mean(slug, others)}"
            raise ValueError(message)
        if path in self._reading:
            message = f"“{slug}” takes blocks from this article, or is it; write the block"
            raise ValueError(message)
        article = self._read(path)
        if article is None:
            message = f"“{slug}” is not executable and has no blocks; write the block"
            raise ValueError(message)
        return article

    def taken(self, block: Block, place: Location) -> None:
        """Note that *block*, of one of them, is taken over at *place*."""
        self._places |= dict.fromkeys((spot for _, spot in texts(block)), place)

    def files(self) -> Iterator[str]:
        """What was read for them, as paths from the project's directory."""
        for article in self._known.values():
            if not isinstance(article, ArticleError):
                yield from article.files

    def here(self, place: Location) -> Location:
        """Where a block was taken over, if *place* is in it where it is from; else *place* itself."""
        return self._places.get(place, place)
