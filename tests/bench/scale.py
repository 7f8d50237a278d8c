"""(h) A site of 10, 100, 1,000 articles: what a build takes, one in which nothing has changed, and one new evidence.

A build in which nothing has changed is compared with that of the same site without our plugin: the same posts, pages,
theme and settings, and Nikola's own compiler, which is told to show what our directives hold. The seconds that are
compared are the processor's, so that what else the computer is doing does not count.
"""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench import site
from bench.model import TIMES, Figure, ratio, rounded, seconds, times
from bench.place import processor_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bench.site import Site

COUNTS = (10, 100, 1000)
LINEAR = 1.25
"""One article of the largest site ÷ one of the site before it."""
NO_OP = 1.05
"""A build with nothing to do, with our plugin ÷ without."""
_FULL = {10: 3, 100: 3}
"""How often a site is built in full; larger ones once."""


@dataclass(frozen=True, slots=True)
class Took:
    """What a build took, in seconds."""

    whole: float
    """From the key stroke to its end."""
    processor: float
    """The processor's part."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a build did."""

    tasks: tuple[str, ...]
    """Those of Nikola's that it ran."""
    others: tuple[str, ...]
    """The files that have other contents now, came or went."""
    same: tuple[str, ...]
    """The files that were written again with the contents that they had."""


def build(place: Site) -> Took:
    """Build it."""
    before = processor_seconds()
    whole = place.build()
    return Took(whole, processor_seconds() - before)


def figures(
    project: Path, counts: Sequence[int], directory: Path, repeats: int, say: Callable[[str], None]
) -> Iterator[Figure]:
    """The figures for sites of so many articles; *repeats* is how often a build with nothing to do is measured."""
    each: dict[int, float] = {}
    for count in counts:
        ours = site.make(directory / f"with-{count}", project, count)
        full = [_afresh(ours) for _ in range(min(repeats, _FULL.get(count, 1)))]
        worked = [1000 * took.processor / count for took in full]
        each[count] = statistics.median(worked)
        many = f"{count:,} articles"
        say(f"{many}: built in {full[-1].whole:.0f} s, {each[count]:.0f} ms of the processor for each")
        yield seconds(f"{many}: a full build", [took.whole for took in full])
        yield Figure(f"{many}: the processor's part", round(each[count], 2), "ms each", times(worked), rounded(worked))
        theirs = site.make(directory / f"without-{count}", project, count, plugin=False)
        _afresh(theirs)
        yield from _nothing(many, ours, theirs, repeats, say)
        yield from _one_evidence(many, ours, count // 2, say)
    if len(each) > 1:
        before, last = sorted(each)[-2:]
        yield ratio(f"one article of {last:,} ÷ one of {before:,}", each[last] / each[before], LINEAR)


def _afresh(place: Site) -> Took:
    place.forget()
    return build(place)


def _nothing(many: str, ours: Site, theirs: Site, repeats: int, say: Callable[[str], None]) -> Iterator[Figure]:
    build(ours), build(theirs)  # what the first one after a full build finds out is kept
    pairs = [(build(ours).processor, build(theirs).processor) for _ in range(repeats)]
    mine, other = zip(*pairs, strict=True)
    say(f"{many}: nothing to do in {statistics.median(mine):.2f} s, without plugin {statistics.median(other):.2f} s")
    yield seconds(f"{many}: a build with nothing to do", mine)
    yield seconds(f"{many}: the same without our plugin", other)
    quotients = [one / another for one, another in pairs]
    yield Figure(
        f"{many}: the one ÷ the other",
        round(statistics.median(quotients), 3),
        TIMES,
        times(quotients),
        rounded(quotients),
        NO_OP,
    )


def _one_evidence(many: str, place: Site, number: int, say: Callable[[str], None]) -> Iterator[Figure]:
    """What one rehearsal more changes."""
    name = site.slug(number)
    found = rebuilt(place, lambda: site.rehearse(place, number, "2027"))
    strangers = [path for path in found.others if not path.startswith(f"{name}/")]
    say(f"{many}: new evidence of one: {len(found.others)} files with other contents, {len(found.tasks)} tasks")
    yield _counted(f"{many}: new evidence of one, files with other contents", found.others)
    yield _counted(f"{many}: of them not that article's", strangers, bound=0)
    yield _counted(f"{many}: files written again with the same contents", found.same)
    yield Figure(f"{many}: tasks that Nikola ran", len(found.tasks), "", "counted")


def rebuilt(place: Site, change: Callable[[], object]) -> Changed:
    """What a build does after *change*."""
    before = place.outputs()
    change()
    printed = place.build_and_tell()
    after = place.outputs()
    names = sorted(before.keys() | after.keys())
    others = tuple(name for name in names if before.get(name, ())[1:] != after.get(name, ())[1:])
    touched = tuple(name for name in names if before.get(name) != after.get(name))
    tasks = tuple(re.findall(r"^\.  (.+)$", printed, re.MULTILINE))
    return Changed(tasks, others, tuple(name for name in touched if name not in others))


def _counted(what: str, names: Sequence[str], bound: float | None = None) -> Figure:
    return Figure(what, len(names), "", ", ".join(names) or "counted", (), bound)
