"""Each fault has a machine of its own, woken up from one kept state of the finished deployment.

``--write-faults`` writes what was measured into ``tutorial/<slug>/evidence/faults.json``, where every test of a whole
run has passed. ``./dev faults`` gives it.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ensayar import project
from ensayar.machine.qemu import resume
from faults import measured
from faults.table import ROWS, rows
from faults.trial import Trial
from faults.visitors import Visitors
from finished.news import save
from finished.settled import Settled, settle

if TYPE_CHECKING:
    from collections.abc import Iterator


CALM_SECONDS = 3.0
"""Visitors are coming for so long before anything is struck."""
RESULTS: pytest.StashKey[list[measured.Measured]] = pytest.StashKey()
SETTLED: pytest.StashKey[Settled] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-faults", action="store_true", help="write what was measured to tutorial/<slug>/evidence/faults.json"
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
def load() -> dict[str, float]:
    """How many visitors come; a module may want others."""
    return {}


@pytest.fixture
def trial(settled: Settled, load: dict[str, float], request: pytest.FixtureRequest) -> Iterator[Trial]:
    """A machine with visitors on it, and nothing wrong yet."""
    values = dict(settled.article.values)
    name = request.node.name.removeprefix("test_")
    with resume(settled.directory) as machine, Visitors(settled.await_well(machine), **load) as visitors:
        trial = Trial(name, machine, values["usuario"], visitors)
        assert trial.is_whole()
        time.sleep(CALM_SECONDS)
        assert visitors.pages()
        assert all(visit.good for visit in (*visitors.pages(), *visitors.entries()))
        yield trial
    request.config.stash[RESULTS].extend(trial.results)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The figures, and what became of the file."""
    results = config.stash[RESULTS]
    if not results:
        return
    terminalreporter.section("what was measured (s)")
    width = max(len(each.fault) for each in results)
    for each in results:
        terminalreporter.line(
            f"{each.fault:{width}}  answers {each.answers:5.1f}/{each.answers_within:<5g} whole {each.whole:5.1f}/"
            f"{each.whole_within:<5g} slowest {each.slowest:4.1f}  pages {each.pages_failed}/{each.pages} failed  "
            f"entries {each.entries_failed}/{each.entries} failed  lost {each.lost}"
        )
    if config.getoption("write_faults", default=False):
        terminalreporter.line(_write(terminalreporter, config))


def _write(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> str:
    settled, results = config.stash.get(SETTLED, None), config.stash[RESULTS]
    failed = any(terminalreporter.getreports(kind) for kind in ("failed", "error"))
    wanted = {name for row in ROWS for name in row.faults}
    if failed or settled is None or wanted != {each.fault for each in results}:
        return f"{measured.FILE_NAME} stays as it is: only a whole run in which all passed is written"
    path = project.find(Path(__file__)).evidence(settled.article.slug) / measured.FILE_NAME
    text = measured.document(
        settled.article.slug,
        settled.article.steps[-1].name,
        settled.machine,
        datetime.now(UTC).date().isoformat(),
        results,
    )
    if not save(path, text, measured.alike):
        return f"{path}: stays as it is, nothing but noise has changed"
    return "\n".join([f"{path}: written; the rows of the article's table:", *rows(map(asdict, results))])
