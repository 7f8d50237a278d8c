"""A rehearsal on a machine that outlives it: from any step of an article, possibly with another article in its place.

The only module that knows how a session, its stage and its scene hang together; mutation
builds on it. The session is that of ``ensayar rehearse``: the same items, checks and exit code, ended by the first red.
"""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from rich.console import Console

from ensayar.progress import Progress
from ensayar.testing.exchange import digests_of, put_in
from ensayar.testing.items import StepItem
from ensayar.testing.limits import OutOfTime, time_limit
from ensayar.testing.order import CHECK
from ensayar.testing.red import Red, end_processes, place_of, red_of
from ensayar.testing.session import RehearsalSession, Wishes
from ensayar.testing.stage import stage_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Mapping
    from contextlib import AbstractContextManager

    from ensayar.deploy_scene import DeployScene
    from ensayar.machine.protocol import Background, Machine
    from ensayar.model import Article
    from ensayar.project import Project
    from ensayar.scene import MachineFactory, RehearsalScene


class Lent:
    """A machine that outlives the sessions it is lent to."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  (whatever the machine has)
        return getattr(self._machine, name)

    def stop(self) -> None:
        """It is not the borrower's to stop."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a rehearsal may take."""

    checks: Mapping[str, float]
    """Seconds that each check may take, by node id."""
    at_most: float | None = None
    """Seconds after which nothing more is begun."""


def silent() -> Progress:
    """A progress that nobody sees."""
    return Progress(Console(file=io.StringIO()), quiet=True)


class LentSession(RehearsalSession):
    """A rehearsal on a lent machine that has *restored* steps behind it.

    Afterwards ``machine`` is the machine that it was played on, ``backgrounds`` what goes on in other terminals, and
    where it was to *inquire*, ``check_digests`` tells each check from what it would be with other code and
    ``check_places`` says where it stands, ``check_bindings`` after which step it runs; all by pytest's node id.
    ``strays`` tells whether there are tests that are bound to no step.
    """

    def __init__(  # noqa: PLR0913  (what tells one such session from another)
        self,
        project: Project,
        progress: Progress,
        *,
        machine: Machine | None = None,
        restored: int = 0,
        backgrounds: Mapping[str, Background] | None = None,
        article: Article | None = None,
        limits: Limits | None = None,
        only: Collection[str] | None = None,
        inquire: bool = False,
        before_step: Callable[[int, LentSession], bool] = lambda _number, _session: True,
    ) -> None:
        """*machine*: ``None`` has one made. *article* takes the place of the one that is collected. *only* these checks
        are made, and no step is played after the last of them. *before_step* is told each step's number, from 0; where
        it says no, the session ends there.
        """
        super().__init__(project, progress, Wishes(write_evidence=False))
        self.machine = machine
        self.backgrounds: dict[str, Background] = dict(backgrounds or {})
        self.red: Red | None = None
        self.gave_up = False
        self.interrupted = False
        self.step_times: dict[str, float] = {}
        self.command_times: dict[str, float] = {}
        self.check_times: dict[str, float] = {}
        self.check_steps: dict[str, str] = {}
        self.check_digests: dict[str, str] = {}
        self.check_places: dict[str, str] = {}
        self.check_bindings: dict[str, str] = {}
        self.strays = False
        self._only = only
        self._restored = restored
        self._article = article
        self._limits = limits or Limits({})
        self._inquire = inquire
        self._before_step = before_step
        self._begun = False
        self._started = time.monotonic()

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Lend the machine; later than any ``conftest.py`` that has one of its own to offer."""
        stage = stage_of(session.config)
        stage.factory = self._lender(stage.factory)
        stage.restored = self._restored
        stage.screenshots = False  # what notices a fault are steps and checks
        stage.before_stop = self._leaving
        session.config.option.maxfail = 1

    def _lender(self, make: MachineFactory) -> MachineFactory:
        def factory(article: Article) -> Machine:
            if self.machine is None:
                self.machine = make(article)
            return Lent(self.machine)

        return factory

    def _leaving(self, scene: RehearsalScene) -> None:
        self.backgrounds = dict(_backgrounds(scene))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, None, None]:
        """Put the other article in, before checks are bound to steps."""
        if self._article is not None and not put_in(self._article, items):
            self.tally.uncollected = True
            self.tally.failures.append(
                f"{self._article.source}: its steps are others by now; run the same command again"
            )
            items.clear()
        yield from super().pytest_collection_modifyitems(items)
        if self._only is not None:
            items[:] = _up_to(self._only, items)
        if self._inquire:
            self.check_digests = dict(digests_of(items))
            checks = [item for item in items if CHECK in item.stash]
            self.check_places = {item.nodeid: place_of(item) for item in checks}
            self.check_bindings = {item.nodeid: item.stash[CHECK][1] for item in checks}
            self.strays = any(CHECK not in item.stash and not isinstance(item, StepItem) for item in items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        """Whether a step or a check may begin, and what is to be done before."""
        at_most = self._limits.at_most
        if at_most is not None and time.monotonic() - self._started > at_most:
            self._end(item)
        if isinstance(item, StepItem):
            scene = stage_of(item.config).rehearsal(item.article)
            if not self._begun:
                self._begun = True
                _backgrounds(scene).update(self.backgrounds)
            self.backgrounds = dict(_backgrounds(scene))
            if not self._before_step(item.article.steps.index(item.step), self):
                self._end(item)
        with self._limited(item):
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """A check has its time; a step's commands have theirs in the machine."""
        with self._limited(item):
            yield

    def _limited(self, item: pytest.Item) -> AbstractContextManager[None]:
        return time_limit(None if isinstance(item, StepItem) else self._limits.checks.get(item.nodeid))

    def _end(self, item: pytest.Item) -> NoReturn:
        self.gave_up = True
        item.session.shouldstop = "enough"
        pytest.skip("enough")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note times, and the first red."""
        report = yield from super().pytest_runtest_makereport(item, call)
        if report.failed and self.red is None:
            self.red = red_of(item, call.excinfo.value if call.excinfo else None, report)
            if call.excinfo is not None and isinstance(call.excinfo.value, OutOfTime):
                end_processes(call.excinfo.tb)
        elif isinstance(item, StepItem) and report.when == "call" and report.passed:
            record = stage_of(item.config).rehearsal(item.article).rehearsal.records[item.step.name]
            self.step_times[item.step.name] = round(record.duration, 2)
            self.command_times[item.step.name] = round(max((each.duration for each in record.commands), default=0.0), 2)
        elif CHECK in item.stash and report.when != "teardown":
            self.check_times[item.nodeid] = round(self.check_times.get(item.nodeid, 0.0) + report.duration, 2)
            self.check_steps[item.nodeid] = item.stash[CHECK][1]
        return report

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Ctrl-C, unlike an end that we asked for."""
        self.interrupted = self.interrupted or not isinstance(excinfo.value, pytest.Session.Interrupted)


def _up_to(checks: Collection[str], items: list[pytest.Item]) -> list[pytest.Item]:
    """Of *items* the steps, and of the checks these; nothing behind the last of them."""
    wanted = [item for item in items if CHECK not in item.stash or item.nodeid in checks]
    last = max((number for number, item in enumerate(wanted) if item.nodeid in checks), default=-1)
    return wanted[: last + 1]


def _backgrounds(scene: RehearsalScene | DeployScene) -> dict[str, Background]:
    """The commands that go on in terminals of their own: they live in the machine, their handles here."""
    return scene.rehearsal._backgrounds  # type: ignore[union-attr]  # noqa: SLF001  (until rehearsals offer them)
