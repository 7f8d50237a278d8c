"""A scene: one article (or its script) on one machine, started when first needed and stopped when done.

What pytest items and the command line share. Knows no pytest and no QEMU: the machine comes from a factory.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from ensayar.deploy import script
from ensayar.errors import EnsayarError, InfrastructureError, StepError
from ensayar.matching import lines_of
from ensayar.model import Location
from ensayar.rehearsal import Observer, Rehearsal, Silent

if TYPE_CHECKING:
    from ensayar.evidence import CheckEvidence
    from ensayar.machine.protocol import Machine
    from ensayar.model import Article, Step

REHEARSAL = "article"
DEPLOY = "deploy.sh"
SCRIPT_TIMEOUT = 3600.0
SCRIPT_PATH = "/root/deploy.sh"


class MachineFactory(Protocol):
    """Starts a machine for an article."""

    def __call__(self, article: Article) -> Machine:
        """A running machine. :raises InfrastructureError: it could not be had."""


class Scene(Protocol):
    """Something that brings a machine to the state after a step."""

    name: str
    article: Article
    failure: EnsayarError | None
    failed_step: str | None

    @property
    def machine(self) -> Machine:
        """The machine, started at the first call."""

    def advance(self, step: str) -> None:
        """Bring the machine to the state after *step* (which names one of the article's)."""

    def stop(self) -> None:
        """Stop the machine, if one runs."""


class _Base:
    """The machine's life, common to both scenes."""

    name = ""

    def __init__(self, article: Article, factory: MachineFactory, observer: Observer | None = None) -> None:
        """*article* is resolved."""
        self.article = article
        self.observer: Observer = observer or Silent()
        self.failure: EnsayarError | None = None
        self.failed_step: str | None = None
        self.started = datetime.now(UTC)
        self._clock = time.monotonic()
        self.checks: dict[str, list[CheckEvidence]] = {}
        self._factory = factory
        self._machine: Machine | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the scene was set."""
        return time.monotonic() - self._clock

    @property
    def running(self) -> bool:
        """Whether a machine runs."""
        return self._machine is not None

    @property
    def machine(self) -> Machine:
        """The machine, started at the first call."""
        if self._machine is None:
            self.started = datetime.now(UTC)
            self._clock = time.monotonic()
            try:
                self._machine = self._factory(self.article)
            except InfrastructureError as error:
                self.failure = error
                raise
        return self._machine

    def stop(self) -> None:
        """Stop the machine, if one runs."""
        machine, self._machine = self._machine, None
        if machine is not None:
            machine.stop()


class RehearsalScene(_Base):
    """The article, step by step."""

    name = REHEARSAL

    def __init__(self, article: Article, factory: MachineFactory, observer: Observer | None = None) -> None:
        """*article* is resolved."""
        super().__init__(article, factory, observer)
        self.restored = 0
        self._rehearsal: Rehearsal | None = None

    @property
    def rehearsal(self) -> Rehearsal:
        """The steps played so far."""
        if self._rehearsal is None:
            self._rehearsal = Rehearsal(self.article, self.machine, self.observer)
            for step in self.article.steps[: self.restored]:
                self._rehearsal.assume(step)
        return self._rehearsal

    def advance(self, step: str) -> None:
        """Play the steps up to and including *step*.

        :raises StepError: one of them failed (now or before).
        :raises InfrastructureError: the machine failed.
        """
        if self.failure is not None:
            raise self.failure
        wanted = self.article.step(step)
        following: Step | None = None
        try:
            while wanted.name not in self.rehearsal.records:
                following = self.rehearsal.next_step()
                if following is None:
                    break
                self.rehearsal.play(following)
        except EnsayarError as error:
            self.failure = error
            if isinstance(error, StepError):
                self.failed_step = error.step
            raise
        except Exception as error:
            # nothing is known of the machine any more: no later step may run as if this one had passed
            name = following.name if following else step
            self.failure = EnsayarError(
                f"step “{name}” was broken off ({type(error).__name__}: {error}); this is a bug"
            )
            self.failed_step = name
            raise


class DeployScene(_Base):
    """``deploy.sh`` on a machine of its own, which is restarted afterwards as the script asks."""

    name = DEPLOY

    def __init__(self, article: Article, factory: MachineFactory, observer: Observer | None = None) -> None:
        """*article* is resolved."""
        super().__init__(article, factory, observer)
        self._deployed = False

    def advance(self, step: str) -> None:
        """Run the whole script; *step* is the article's last one."""
        if self.failure is not None:
            raise self.failure
        if self._deployed:
            return
        machine = self.machine
        machine.put(script(self.article).encode(), SCRIPT_PATH, owner="root", group="root", mode=0o700)
        terminal = machine.terminal("root")
        outcome = terminal.run(f"bash {SCRIPT_PATH}", timeout=SCRIPT_TIMEOUT, on_output=self.observer.output)
        if outcome.exit_status != 0:
            error = StepError(
                Location(self.article.source, 1),
                step,
                f"deploy.sh ended with exit status {outcome.exit_status}",
                command=f"bash {SCRIPT_PATH}",
                console=lines_of(outcome.output)[-40:],
            )
            self.failure, self.failed_step = error, step
            raise error
        machine.reboot()
        self._deployed = True
