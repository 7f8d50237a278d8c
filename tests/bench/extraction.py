"""(g) Extraction of 1, 10, 100, 1,000 articles, against what docutils itself takes to parse them.

In this process, and in seconds of the processor, so that nothing but the work counts: not the program's start, nor what
else the computer is doing. docutils gets the same texts and directives that take everything
and make nothing of it: the least that a parse can cost.
"""

from __future__ import annotations

import gc
import statistics
import time
from typing import TYPE_CHECKING
from unittest.mock import patch

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser, directives, roles
from docutils.utils import new_document

from bench.lenient import DIRECTIVES, ROLE, Nothing, literally
from bench.model import Figure, ratio, rounded, times
from ensayar import extract, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

COUNTS = (1, 10, 100, 1000)
AT_MOST = 2.0
"""Times docutils' own parse."""
LINEAR = 1.25
"""One article among 1,000 against one among ten; a loop over pairs would make it a hundred times as much."""
_SHORTEST = 0.5  # seconds of measuring below which a measurement is repeated
_REPEATS = 7


def parse_alone(texts: Sequence[str]) -> None:
    """What docutils does at least."""
    ours = dict.fromkeys(DIRECTIVES, Nothing)
    with (
        patch.dict(vars(directives)["_directives"], ours),
        patch.dict(vars(roles)["_roles"], {ROLE: literally, "doc": literally}),
    ):
        for text in texts:
            settings = get_default_settings(Parser)
            settings.report_level, settings.halt_level, settings.warning_stream = 2, 5, False
            document = new_document("article", settings)
            Parser().parse(text, document)
            assert not any(document.findall(nodes.system_message)), "the baseline has to understand the article"


def copies(text: str, name: str, count: int, directory: Path) -> list[Path]:
    """*count* posts that say *text*."""
    posts = directory / "posts"
    posts.mkdir(parents=True)
    paths = [posts / f"{name}-{number}.rst" for number in range(count)]
    for path in paths:
        path.write_text(text, encoding="utf-8")
    return paths


def extract_all(paths: Sequence[Path], root: Path, output: Path) -> None:
    """What ``ensayar extract`` does once it has started."""
    articles = extract.read(paths, root)
    todo = extract.actions(articles, output)
    extract.orphans(articles, output)
    extract.strays(articles, output)
    transaction.run(todo, output)
    assert len(articles) == len(paths)


def timed(work: Callable[[], object]) -> float:
    """Seconds of the processor that *work* takes, in our code and in the system's."""
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def one_of(
    title: str, text: str, counts: Sequence[int], directory: Path, say: Callable[[str], None]
) -> Iterator[Figure]:
    """The figures for articles that say *text*."""
    each: dict[int, float] = {}
    for count in counts:
        parsed: list[float] = []
        extracted: list[float] = []
        while not parsed or (sum(parsed) < _SHORTEST * _REPEATS and len(parsed) < _REPEATS):
            # new files each time: those that this process has parsed are known to it (ensayar.rst.memory)
            place = directory / f"{title}-{count}-{len(parsed)}"
            paths = copies(text, "articulo", count, place)
            # by turns, so that a neighbour who is busy for a while bothers both
            parsed.append(timed(lambda: parse_alone([path.read_text(encoding="utf-8") for path in paths])))  # noqa: B023
            extracted.append(timed(lambda: extract_all(paths, place, place / "tutorial")))  # noqa: B023
        say(f"{title}, {count}: {statistics.median(extracted):.2f} s, docutils {statistics.median(parsed):.2f} s")
        each[count] = statistics.median(extracted) / count
        many = f"{count:,} article{'s' if count > 1 else ''}"
        yield Figure(
            f"{title}, {many}: extraction",
            round(1000 * each[count], 2),
            "ms each",
            times(extracted),
            rounded(extracted),
        )
        yield ratio(
            f"{title}, {many}: extraction ÷ docutils' parse",
            statistics.median(mine / theirs for mine, theirs in zip(extracted, parsed, strict=True)),
            AT_MOST,
            times(parsed),
        )
    if len(each) > 1:
        first, last = sorted(each)[1], max(each)
        yield ratio(f"{title}: one article of {last:,} ÷ one of {first:,}", each[last] / each[first], LINEAR)


def figures(
    long: str, short: str, counts: Sequence[int], directory: Path, say: Callable[[str], None]
) -> Iterator[Figure]:
    """The figures for the project's own article and for the shortest of all."""
    yield from one_of("the project's article", long, counts, directory, say)
    yield from one_of("the shortest article", short, counts, directory, say)
