"""Which questions there are, and what is done to answer those that were asked."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import extraction, loop, peer, scale, visitors
from bench.place import made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.model import Figure

TITLES = {
    "a": "A cold rehearsal against the same commands run by hand",
    "b": "An edit of the last step",
    "c": "An edit in the middle",
    "d": "No edit",
    "e": "The peer: the same deployment under autopkgtest with its QEMU runner",
    "f": "What checkpoints take",
    "g": "Extraction against docutils' own parse",
    "h": "A site of many articles",
    "i": "What visitors wait for",
}
LOOP = frozenset("abcdf")
"""Those that need a cold rehearsal."""
_SHORTEST = Path("docs/examples/saludo.rst")


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for."""

    keys: frozenset[str]
    """Of the sections."""
    quick: bool
    """Fewer repeats and fewer articles."""
    project: Path
    """The project's root."""
    post: str
    """The article, relative to it."""
    keep: Path | None
    """Where the copy of the project stays, with the cold rehearsal in it; ``None``: it goes."""

    def repeats(self, usual: int) -> int:
        """How often something is measured that is usually measured *usual* times."""
        return 1 if self.quick else usual


def measure(order: Order, say: Callable[[str], None]) -> Iterator[tuple[str, list[Figure]]]:
    """Each section that was asked for, with its figures, as soon as it is known."""
    for key, answer in (("g", _extraction), ("h", _scale), ("i", _visitors)):
        if key in order.keys:
            yield key, answer(order, say)
    if order.keys & LOOP or "e" in order.keys:
        yield from _rehearsed(order, say)


def _rehearsed(order: Order, say: Callable[[str], None]) -> Iterator[tuple[str, list[Figure]]]:
    ours: tuple[float, float] | None = None
    with made(order.project, order.post, say, order.keep) as place:
        if order.keys & LOOP:
            cold = loop.rehearse_cold(place)
            if "f" in order.keys:
                yield "f", loop.room(place, cold)
            if "a" in order.keys:
                yield "a", loop.overhead(cold, loop.by_hand(place.article, place))
            if "b" in order.keys:
                found = loop.edit_last(place, cold, order.repeats(5))
                ours = cold.times.whole, found[0].value
                yield "b", found
            if "d" in order.keys:
                yield "d", loop.no_edit(place, order.project, order.repeats(7))
            if "c" in order.keys:
                yield "c", loop.edit_middle(place, order.repeats(2))
        if "e" in order.keys:
            yield "e", peer.figures(place, place.article, ours)


def _extraction(order: Order, say: Callable[[str], None]) -> list[Figure]:
    counts = extraction.COUNTS[:-1] if order.quick else extraction.COUNTS
    with tempfile.TemporaryDirectory(prefix="ensayar-bench-") as name:
        long = (order.project / order.post).read_text(encoding="utf-8")
        short = (order.project / _SHORTEST).read_text(encoding="utf-8")
        return list(extraction.figures(long, short, counts, Path(name), say))


def _scale(order: Order, say: Callable[[str], None]) -> list[Figure]:
    counts = scale.COUNTS[:-1] if order.quick else scale.COUNTS
    with tempfile.TemporaryDirectory(prefix="ensayar-bench-") as name:
        return list(scale.figures(order.project, counts, Path(name), order.repeats(7), say))


def _visitors(order: Order, say: Callable[[str], None]) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="ensayar-bench-") as name:
        return list(visitors.figures(order.project, Path(name), order.repeats(5), say))
