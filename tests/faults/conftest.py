"""Each fault has a machine of its own, woken up from one kept state of the finished deployment.

``--write-faults`` writes what was measured into ``tutorial/<slug>/evidence/faults.json``, where every test of a whole
run has passed. ``./dev faults`` gives it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from ensayar import extract, project
from ensayar.machine import saved
from ensayar.machine.paths import cache_directory
from ensayar.machine.qemu import resume
from ensayar.machine.supervision import shared_lock
from ensayar.parameters import resolve
from ensayar.testing.stage import Stage, stage_of
from faults import measured
from faults.table import ROWS, rows
from faults.trial import GOOD_IN_A_ROW, Trial
from faults.visitors import Visitors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ensayar.machine.protocol import Machine
    from ensayar.model import Article

SLUG = "deploy-de-django-con-circus-chaussette-nginx"
CALM_SECONDS = 3.0
"""Visitors are coming for so long before anything is struck."""
SETTLE_SECONDS = 180.0
RESULTS: pytest.StashKey[list[measured.Measured]] = pytest.StashKey()
SETTLED: pytest.StashKey[Settled] = pytest.StashKey()


@dataclass(frozen=True, slots=True)
class Settled:
    """The state that every fault starts from."""

    directory: Path
    """Where it is kept."""
    article: Article
    """Whose deployment it is, resolved."""
    machine: dict[str, object]
    """What the machine is made of."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-faults", action="store_true", help="write what was measured to tutorial/<slug>/evidence/faults.json"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RESULTS] = []


def await_well(machine: Machine, domain: str) -> str:
    """The address of the site on *machine*, once its pages come, and come fast: a machine wakes up slowly."""
    url = f"http://127.0.0.1:{machine.port(80)}"
    until, good = time.monotonic() + SETTLE_SECONDS, 0
    while good < GOOD_IN_A_ROW:
        assert time.monotonic() < until, f"{url} does not answer well"
        started = time.monotonic()
        try:
            answer = requests.get(f"{url}/", headers={"Host": domain, "Connection": "close"}, timeout=30)
            good = good + 1 if answer.ok and time.monotonic() - started < 2 else 0
        except requests.RequestException:
            good = 0
        time.sleep(0.1)
    return url


@pytest.fixture(scope="session")
def settled(request: pytest.FixtureRequest) -> Iterator[Settled]:
    """The finished deployment, as the article's last step leaves it, at rest."""
    place = project.find(Path(__file__))
    (raw,) = extract.read([place.posts / f"{SLUG}.rst"], place.root)
    article = resolve(raw, {})
    stage_of(request.config).leave()  # one machine at a time
    stage = Stage({}, request.config.rootpath, looking=True)
    stage.on_progress = lambda line: print(line, file=sys.stderr)  # noqa: T201  (pytest shows it where it matters)
    scene = stage.rehearsal(article)
    with ExitStack() as stack:
        cache = cache_directory()
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-", dir=cache)))
        (directory / saved.LOCK).touch()
        try:
            scene.advance(article.steps[-1].name)
            machine = scene.machine
            await_well(machine, dict(article.values)["dominio"])
            machine.checkpoint(directory)
            facts = machine.facts
        finally:
            scene.stop()
        for needed in saved.read(directory).needs():  # nobody may tidy them away between two machines
            stack.callback(os.close, shared_lock(needed / saved.LOCK))
        about = {name: getattr(facts, name) for name in ("driver", "accelerator", "platform", "cpus", "memory")}
        found = request.config.stash[SETTLED] = Settled(directory, article, about)
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
    with resume(settled.directory) as machine:
        url = await_well(machine, values["dominio"])
        with Visitors(url, values["dominio"], **load) as visitors:
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
    if not measured.save(path, text):
        return f"{path}: stays as it is, nothing but noise has changed"
    return "\n".join([f"{path}: written; the rows of the article's table:", *rows(map(asdict, results))])
