"""What visitors with a slow phone wait for: Lighthouse's points for performance, with its defaults.

The project's own site is built and served as docs/publishing.rst asks for. Each round looks at every kind of page, so
that a moment in which the computer is busy is not one page's alone.
"""

from __future__ import annotations

import shutil
import statistics
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

from bench.model import Figure, rounded, times
from bench.place import environment, run
from visit import lighthouse
from visit.addresses import kinds
from visit.lighthouse import PERFORMANCE
from visit.server import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from visit.lighthouse import Result

LEAST = 98
"""Points that each kind of page has to have."""
_COPIED = ("themes", "pages", "posts", "files", "tutorial")
_COMMAND = (sys.executable, "-m", "nikola", "build")


def figures(project: Path, directory: Path, rounds: int, say: Callable[[str], None]) -> Iterator[Figure]:
    """The figures for each kind of page; *directory* is empty, and *rounds* is how often each page is looked at.

    :raises RuntimeError: the site cannot be built, or a page cannot be looked at.
    """
    say(f"the site: built in {_built(project, directory):.0f} s")
    found: dict[str, list[Result]] = defaultdict(list)
    with served(directory / "output") as address, lighthouse.started() as visitor:
        for number in range(1, rounds + 1):
            for kind, path in kinds().items():
                found[kind].append(visitor.look(address + path, [PERFORMANCE]))
            points = [f"{kind} {results[-1].scores[PERFORMANCE]}" for kind, results in found.items()]
            say(f"round {number} of {rounds}: {', '.join(points)}")
    every = [result for results in found.values() for result in results]
    yield _median("how fast the computer was meanwhile", "", [each.index for each in every])
    for kind, results in found.items():
        yield from _of_page(kind, results)


def _built(project: Path, directory: Path) -> float:
    """Seconds that the project's site takes in *directory*."""
    for name in _COPIED:
        shutil.copytree(project / name, directory / name)
    shutil.copy2(project / "conf.py", directory)
    return run(_COMMAND, directory, environment())


def _of_page(kind: str, results: Sequence[Result]) -> Iterator[Figure]:
    metrics = [result.metrics for result in results if result.metrics]
    points = [float(result.scores[PERFORMANCE]) for result in results]
    yield Figure(f"{kind}: points", statistics.median(points), "", times(points), rounded(points), None, LEAST)
    yield _median(f"{kind}: LCP", "s", [each.largest / 1000 for each in metrics])
    yield _median(f"{kind}: TBT", "ms", [each.blocking for each in metrics])
    yield _median(f"{kind}: CLS", "", [each.shift for each in metrics])
    yield _median(f"{kind}: transferred", "kB", [each.transferred / 1000 for each in metrics])


def _median(what: str, unit: str, samples: Sequence[float]) -> Figure:
    return Figure(what, round(statistics.median(samples), 3), unit, times(samples), rounded(samples))
