"""A scene: one article on one machine, started when first needed and stopped when done.

What pytest items and the command line share. Knows no pytest and no QEMU: the machine comes from a factory.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from ensayar.ages import age
from ensayar.errors import EnsayarError, InfrastructureError, StepError
from ensayar.rehearsal import Observer, Rehearsal, Silent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ensayar.checkpoints.lineage import Lineage
    from ensayar.checkpoints.store import Entry
    from ensayar.evidence import CheckEvidence
    from ensayar.machine.protocol import Machine, MachineFacts
    from ensayar.model import Article, Step
    from ensayar.rehearsal import StepRecord

REHEARSAL = "article"
JUMP_SECONDS = 6.0
"""To wake up from a state costs about this; what is played faster is played."""


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

    def advance(self, step: str, *, playing: bool = False) -> None:
        """Bring the machine to the state after *step* (which names one of the article's).

        With *playing*, by playing that very step rather than from a state that was kept after it.
        """

    def stop(self) -> None:
        """Stop the machine, if one runs."""


class Base:
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
        self._begun = False

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
            if not self._begun:
                self._begin()
            try:
                self._machine = self._factory(self.article)
            except InfrastructureError as error:
                self.failure = error
                raise
        return self._machine

    def _begin(self) -> None:
        """The clock runs from here."""
        self._begun = True
        self.started = datetime.now(UTC)
        self._clock = time.monotonic()

    def stop(self) -> None:
        """Stop the machine, if one runs."""
        machine, self._machine = self._machine, None
        if machine is not None:
            machine.stop()


class RehearsalScene(Base):
    """The article, step by step; with a lineage, from the nearest state that an earlier rehearsal has left."""

    name = REHEARSAL

    def __init__(  # noqa: PLR0913  (two of them are for the lineage only)
        self,
        article: Article,
        factory: MachineFactory,
        observer: Observer | None = None,
        *,
        lineage: Lineage | None = None,
        resume: Callable[[Path], Machine] | None = None,
        notice: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """*article* is resolved. *resume* wakes a machine up from a state of *lineage*."""
        super().__init__(article, factory, observer)
        self.restored = 0
        self.lineage = lineage
        self._resume = resume
        self._notice = notice
        self._rehearsal: Rehearsal | None = None
        self._keeping = True

    @property
    def rehearsal(self) -> Rehearsal:
        """The steps that the machine has behind it."""
        if self._rehearsal is None:
            fresh = not self.running
            self._rehearsal = Rehearsal(self.article, self.machine, self.observer)
            if self.lineage is not None and fresh:
                self.lineage.started()
            for step in self.article.steps[: self.restored]:
                self._rehearsal.assume(step)
        return self._rehearsal

    def records(self) -> dict[str, StepRecord]:
        """What is known of each step: from this rehearsal, else from an earlier one that still holds."""
        played = self._rehearsal.records if self._rehearsal else {}
        found: dict[str, StepRecord] = {}
        for step in self.article.steps:
            record = played.get(step.name)
            if record is None and self.lineage is not None and self.failed_step is None:
                record = self.lineage.record(step)
            if record is not None:
                found[step.name] = record
        return found

    def facts(self) -> MachineFacts:
        """What the machine is made of; without one, what the machine of the last rehearsal was made of."""
        ending = self.lineage.ending() if self.lineage is not None and not self.running else None
        return ending.facts if ending else self.machine.facts

    def advance(self, step: str, *, playing: bool = False) -> None:
        """Bring the machine to the state after *step*, by playing what is missing or by waking up from a state.

        With *playing*, *step* itself is played, unless it was in this rehearsal.

        :raises StepError: one of the steps failed (now or before).
        :raises InfrastructureError: the machine failed.
        """
        if self.failure is not None:
            raise self.failure
        wanted = self.article.step(step)
        following: Step | None = None
        try:
            self._approach(self.article.steps.index(wanted) + (0 if playing else 1))
            while wanted.name not in self.rehearsal.records:
                following = self.rehearsal.next_step()
                if following is None:
                    break
                self._play(following, wanted=playing and following is wanted)
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

    def keep(self, step: str) -> None:
        """Keep the state of the machine after *step* (the last one that was played) for later rehearsals."""
        if self.lineage is None or not self._keeping:
            return
        try:
            entry = self.lineage.keep(step, self.machine)
        except (InfrastructureError, OSError) as error:
            self._keeping = False  # a disk that is full stays full; the rehearsal itself goes on
            self._notice(f"no checkpoint after “{step}”, nor later: {error}")
        else:
            self._notice(f"checkpoint after “{step}” kept in {entry.seconds:.1f} s")

    def _play(self, step: Step, *, wanted: bool) -> None:
        try:
            record = self.rehearsal.play(step)
        except StepError:
            if self.lineage is not None:
                self.lineage.failed(step.name)
            raise
        if self.lineage is not None:
            self.lineage.passed(record, wanted=wanted)
            if self.lineage.worth_keeping(step.name):
                self.keep(step.name)

    def _approach(self, most: int) -> None:
        """Wake up from the best state with at most *most* steps behind it, where that is nearer than the machine."""
        done = len(self._rehearsal.records) if self._rehearsal else self.restored
        while self.lineage is not None and done < most:
            entry = self.lineage.best(most)
            if entry is None or entry.number <= done:
                return
            if self.running and self.lineage.seconds_between(done, entry.number) < JUMP_SECONDS:
                return
            self.stop()
            self._rehearsal = None
            old = age(time.time() - entry.born)
            self._notice(f"from the checkpoint after “{entry.step}” ({entry.number} steps, {old} old)")
            try:
                self.wake(entry)
            except InfrastructureError as error:
                self.stop()
                self._rehearsal = None
                removed = ", and removed" if self.lineage.avoid(entry) else ""
                self._notice(f"the checkpoint after “{entry.step}” is of no use{removed}: {error}")
                done = self.restored
            else:
                return

    def wake(self, entry: Entry) -> None:
        """Wake up from *entry*.

        :raises InfrastructureError: that did not work.
        """
        if self.lineage is None or self._resume is None:
            message = "this machine has no past"
            raise InfrastructureError(message)
        if not self._begun:
            self._begin()
        past = self.lineage.past(entry)
        self._machine = self._resume(entry.path)
        self.lineage.resumed_from(entry)
        self._rehearsal = Rehearsal(self.article, self._machine, self.observer)
        for record in past:
            self._rehearsal.assume(record.step, record)
