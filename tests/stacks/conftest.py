"""Both stacks on one machine, one of them at work: circus, classic, circus, classic, … for as many rounds as wanted.

``--write-stacks`` writes what was measured into ``tutorial/<slug>/evidence/stacks.json`` of the classic article, and
the charts that are made of it, where every test of a whole run has passed. ``./dev bench-stacks`` gives it.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ensayar import project
from ensayar.machine.qemu import resume
from ensayar.testing.recorder import versions
from finished.news import save
from finished.settled import settle
from load.generator import CLIENTS
from stacks import articles, charts, direct, measured, table
from stacks.rounds import Bench, Part
from stacks.running import GUEST, RUN, Running
from stacks.stack import CIRCUS, CLASSIC, STACKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ensayar.machine.protocol import Machine
    from finished.secure import Site
    from finished.settled import Settled

ROUNDS = 3
REQUESTS = 2_000


BENCH: pytest.StashKey[Bench] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--stacks-rounds", type=int, default=ROUNDS, help=f"how often each stack has its turn ({ROUNDS})")
    parser.addoption("--stacks-requests", type=int, default=REQUESTS, help=f"how many pages each load has ({REQUESTS})")
    parser.addoption(
        "--write-stacks", action="store_true", help="write what was measured to tutorial/<slug>/evidence/stacks.json"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[BENCH] = Bench()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test belongs to a turn; pytest runs all of one turn before those of the next, as they share the fixture."""
    if "turn" in metafunc.fixturenames:
        rounds = range(1, metafunc.config.getoption("stacks_rounds") + 1)
        turns = [(number, stack) for number in rounds for stack in STACKS]
        ids = [f"{number}-{stack.name}" for number, stack in turns]
        metafunc.parametrize("turn", turns, ids=ids, indirect=True, scope="session")


@pytest.fixture(scope="session")
def furnished(request: pytest.FixtureRequest) -> Iterator[tuple[Machine, str, Site]]:
    """The machine with both stacks on it, neither at work and both warm; who runs the application; its site."""
    bench = request.config.stash[BENCH]
    with settle(request.config) as settled, resume(settled.directory) as machine:
        user, site = dict(settled.article.values)["usuario"], settled.await_well(machine)
        circus, classic = (Running(machine, user, site, stack) for stack in (CIRCUS, CLASSIC))
        circus.stop()
        circus.check_output("apt-get update", timeout=300)  # what the state knows of packages may be days old
        circus.check_output("systemctl stop muro-copia.timer logrotate.timer")  # nothing comes in between
        articles.install(articles.read(CLASSIC.slug), machine)
        _furnish(machine, classic)
        classic.start()
        classic.stop()
        bench.head = _head(settled, machine)
        yield machine, user, site


def _furnish(machine: Machine, classic: Running) -> None:
    """Our own programs, and what they need."""
    classic.check_output("systemctl stop supervisor && systemctl daemon-reload", timeout=180)
    classic.check_output(
        f"DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends {direct.PACKAGE}", timeout=600
    )
    classic.check_output(f"mkdir --parents --mode=755 {GUEST} {RUN}")
    programs = {path.name: path.read_bytes() for path in Path(__file__).with_name("guest").iterdir() if path.is_file()}
    programs["espia.py"] = articles.spy(articles.read(CIRCUS.slug)).encode()
    for name, content in programs.items():
        machine.put(content, f"{GUEST}/{name}", owner="root", group="root", mode=0o644)


def _head(settled: Settled, machine: Machine) -> dict[str, Any]:
    return {
        "articles": {stack.name: stack.slug for stack in STACKS},
        "after": settled.article.steps[-1].name,
        "measured": datetime.now(UTC).date().isoformat(),
        "machine": settled.machine,
        "versions": versions(machine, (*articles.probes(), direct.PACKAGE)),
        "clients": CLIENTS,
        "lines": articles.all_lines(),
    }


@contextmanager
def _at_work(running: Running) -> Iterator[float]:
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture(scope="session")
def turn(furnished: tuple[Machine, str, Site], request: pytest.FixtureRequest) -> Iterator[Part]:
    """One stack at work in one round, just started."""
    number, stack = request.param
    running = Running(*furnished, stack)
    part = Part(number, stack, running, request.config.getoption("stacks_requests"))
    request.config.stash[BENCH].parts.append(part)
    with _at_work(running) as startup:
        part.found["startup"] = startup
        yield part


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The figures, and what became of the file."""
    bench = config.stash[BENCH]
    rounds = bench.rounds()
    if not rounds:
        return
    text = measured.document(bench.head, rounds)
    terminalreporter.section(f"what was measured in {len(rounds)} rounds")
    for line in table.lines(json.loads(text)):
        terminalreporter.line(line)
    if config.getoption("write_stacks", default=False):
        terminalreporter.line(_write(terminalreporter, config, text, len(rounds)))


def _write(terminalreporter: pytest.TerminalReporter, config: pytest.Config, text: str, rounds: int) -> str:
    failed = any(terminalreporter.getreports(kind) for kind in ("failed", "error"))
    requests = config.getoption("stacks_requests")
    if failed or rounds < max(ROUNDS, config.getoption("stacks_rounds")) or requests < REQUESTS:
        return (
            f"{measured.FILE_NAME} stays as it is: only a whole run in which all passed is written, of at least "
            f"{ROUNDS} rounds and {REQUESTS} requests"
        )
    place = project.find(Path(__file__))
    path = place.evidence(CLASSIC.slug) / measured.FILE_NAME
    if not save(path, text, measured.alike):
        return f"{path}: stays as it is, nothing but noise has changed"
    charts.write(json.loads(text), place.root)
    told = [f"{path}: written, and its charts; the rows of the article's tables:"]
    return "\n".join([*told, *table.all_rows(json.loads(text))])
