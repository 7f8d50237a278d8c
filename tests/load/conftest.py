"""Each operation has a machine of its own, woken up from one kept state of the finished deployment.

``--write-load`` writes what was measured into ``tutorial/<slug>/evidence/load.json``, of each operation whose test has
passed; all others stay in it as they are. ``./dev load`` gives it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ensayar import atomic, project
from ensayar.machine.qemu import resume
from finished.settled import Settled, settle
from load import measured
from load.operated import Operated
from load.table import rows

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUESTS = 10_000
RESULTS: pytest.StashKey[list[measured.Measured]] = pytest.StashKey()
SETTLED: pytest.StashKey[Settled] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--load-requests", type=int, default=REQUESTS, help=f"how many each operation gets ({REQUESTS})")
    parser.addoption(
        "--write-load", action="store_true", help="write what was measured to tutorial/<slug>/evidence/load.json"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RESULTS] = []


@pytest.fixture(scope="session")
def settled(request: pytest.FixtureRequest) -> Iterator[Settled]:
    """The finished deployment, at rest."""
    with settle(request.config) as found:
        request.config.stash[SETTLED] = found
        yield found


@pytest.fixture
def operated(settled: Settled, request: pytest.FixtureRequest) -> Iterator[Operated]:
    """A machine that is well, and whose measurements are kept."""
    user = dict(settled.article.values)["usuario"]
    name = request.node.name.removeprefix("test_")
    with resume(settled.directory) as machine:
        site = settled.await_well(machine)
        found = Operated(name, machine, user, site, request.config.getoption("load_requests"))
        yield found
    request.config.stash[RESULTS].extend(found.results)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The figures, and what became of the file."""
    results = config.stash[RESULTS]
    if not results:
        return
    terminalreporter.section("what was measured")
    width = max(len(each.operation) for each in results)
    for each in results:
        terminalreporter.line(
            f"{each.operation:{width}}  {each.times:3} times  {each.failed}/{each.requests} failed "
            f"{dict(each.failures) or ''}  {each.per_second:.1f}/s  median {each.median:.2f} p99 {each.p99:.2f} "
            f"slowest {each.slowest:.2f} s"
        )
    if config.getoption("write_load", default=False):
        terminalreporter.line(_write(terminalreporter, config))


def _write(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> str:
    passed = {report.nodeid.rpartition("::test_")[2] for report in terminalreporter.getreports("passed")}
    results = [each for each in config.stash[RESULTS] if each.operation in passed and each.requests >= REQUESTS]
    settled = config.stash.get(SETTLED, None)
    if settled is None or not results:
        return f"{measured.FILE_NAME} stays as it is: nothing has passed with {REQUESTS} requests, and fewer say little"
    path = project.find(Path(__file__)).evidence(settled.article.slug) / measured.FILE_NAME
    head = {"article": settled.article.slug, "after": settled.article.steps[-1].name, "machine": settled.machine}
    before = path.read_text(encoding="utf-8") if path.is_file() else None
    text = measured.document(head, results, before)
    if text == before:
        return f"{path}: stays as it is, nothing but noise has changed"
    atomic.write(path, text)
    return "\n".join([f"{path}: written; the rows of the article's table:", *rows(json.loads(text)["operations"])])
