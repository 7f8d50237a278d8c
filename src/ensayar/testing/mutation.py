"""Rehearses mutants of an article: each from the state before its step until the first red, or to the end.

What comes in are mutants; what goes out is a verdict for each, written to the journal as it falls.
"""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from ensayar.errors import InfrastructureError
from ensayar.machine.recipe import recipe
from ensayar.model import ConsoleStep, Location
from ensayar.mutation.basis import Basis, Conditions, checks_digest
from ensayar.mutation.generate import with_step
from ensayar.mutation.verdict import Killer, Status, Verdict
from ensayar.testing import session as rehearsals
from ensayar.testing.lent import LentSession, Limits, silent
from ensayar.testing.positions import settle, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ensayar.machine.protocol import MachineFacts
    from ensayar.model import Article
    from ensayar.mutation.journal import Journal, Times
    from ensayar.mutation.model import Mutant
    from ensayar.testing.positions import Positions
    from ensayar.testing.red import Red

FACTOR, FLOOR = 5.0, 30.0
"""What may take how long: so many times what it took in the sound article, and so many seconds more."""
ATTEMPTS = 2
PATIENCE = 3
"""So many mutants in a row without a verdict, and the run ends: the machine room is broken."""


class Observer(Protocol):
    """Is told how a run goes."""

    def started(self, mutant: Mutant, number: int, total: int) -> None:
        """Mutant *number* of *total* (from 1) is about to be rehearsed."""

    def ended(self, mutant: Mutant, verdict: Verdict) -> None:
        """It came to *verdict*."""


def limit(measured: float) -> float:
    """Seconds that something may take that took *measured* in the sound article."""
    return FLOOR + FACTOR * measured


def limited(article: Article, times: Times) -> Article:
    """*article* with each command's time-out lowered to :func:`limit`; never raised above what the article says."""
    for step in article.steps:
        if isinstance(step, ConsoleStep) and step.name in times.commands:
            patience = min(step.timeout, limit(times.commands[step.name]))
            article = with_step(article, replace(step, timeout=patience))
    return article


def expected_cost(mutant: Mutant, article: Article, times: Times, costs: dict[str, float]) -> float:
    """Seconds that *mutant* should take: what it took last time, else what the sound article takes from its step to
    the end of the first one with checks.
    """
    if mutant.id in costs:
        return costs[mutant.id]
    names = [step.name for step in article.steps]
    total = 0.0
    for name in names[names.index(mutant.step) :]:
        checks = [node for node, step in times.check_steps.items() if step == name]
        if not (mutant.dropped and name == mutant.step):
            total += times.steps.get(name, 0.0)
        total += sum(times.checks[node] for node in checks)
        if checks:
            break
    return total


class Runner:
    """One run of mutation."""

    def __init__(self, positions: Positions, mutants: Sequence[Mutant], journal: Journal, observer: Observer) -> None:
        """*mutants* are all those of the article; *journal* is open."""
        self.positions = positions
        self.mutants = mutants
        self.article = positions.article
        self.journal = journal
        self.observer = observer
        self.facts: MachineFacts | None = None
        self._basis: Basis | None = None

    def run(self, wanted: Sequence[Mutant], *, fresh: bool = False, at_most: float | None = None) -> None:
        """Bring a verdict for each of *wanted* into the journal, those that it holds already excepted.

        :param fresh: believe nothing that the journal holds.
        :param at_most: seconds after which a mutant that nobody has noticed so far stays undecided.
        :raises SoundArticleError: there is no baseline.
        :raises InfrastructureError: the machine failed again and again.
        """
        self.facts = self.positions.machine().facts
        project = self.positions.project
        conditions = Conditions(
            image=recipe(self.article.platform).essence,
            every_check=checks_digest(project.root, project.checks),
            checks=self.positions.check_digests,
            limits=(FACTOR, FLOOR),
            check_steps=self.positions.check_bindings,
            strays=self.positions.strays,
        )
        self._basis = Basis(self.article, self.mutants, conditions)
        self.journal.use(self._basis, fresh=fresh)
        pending = [mutant for mutant in wanted if not self._is_decided(mutant, at_most)]
        if not pending and self.journal.green is not None:
            return
        numbers = {step.name: number for number, step in enumerate(self.article.steps)}
        self.positions.keep = spread({numbers[mutant.step] for mutant in pending})
        times = self.journal.times or self._sound()
        done = 0
        broken = 0
        for number, group in groupby(pending, key=lambda mutant: numbers[mutant.step]):
            for mutant in sorted(group, key=lambda each: expected_cost(each, self.article, times, self.journal.costs)):
                done += 1
                self.observer.started(mutant, done, len(pending))
                verdict = self._judge(mutant, number, times, at_most)
                self.journal.decided(verdict)
                self.observer.ended(mutant, verdict)
                broken = broken + 1 if verdict.status is Status.ERROR else 0
                if broken >= PATIENCE:
                    message = f"{broken} mutants in a row came to no verdict, the last with: {verdict.message}"
                    raise InfrastructureError(message, "see to the machine, then run the same command to go on")

    def _sound(self) -> Times:
        try:
            times = self.positions.rehearse()
        except InfrastructureError:
            self.positions.close()
            times = self.positions.rehearse()
        self.journal.sound(times)
        return times

    def _is_decided(self, mutant: Mutant, at_most: float | None) -> bool:
        verdict = self.journal.verdicts.get(mutant.id)
        if verdict is None or verdict.status is Status.ERROR:
            return False
        if verdict.status is Status.UNDECIDED:
            return at_most is not None and at_most <= verdict.seconds
        return True

    def _judge(self, mutant: Mutant, number: int, times: Times, at_most: float | None) -> Verdict:
        trouble = ""
        started = time.monotonic()
        before = self.journal.partial.get(mutant.id)
        for _ in range(ATTEMPTS):
            position = self.positions.reach(number)
            started = time.monotonic()
            session = LentSession(
                self.positions.project,
                silent(),
                machine=self.positions.machine(),
                restored=number,
                backgrounds=position.backgrounds,
                article=limited(mutant.article, times),
                limits=Limits({node: limit(seconds) for node, seconds in times.checks.items()}, at_most),
                only=None if before is None or self._basis is None else self._basis.unseeing(before),
            )
            code = rehearsals.run([self.positions.project.root / self.article.source], session)
            try:
                settle(session, code, red=True)
            except InfrastructureError as error:
                trouble = str(error).split("\n")[0]
                continue
            return self._verdict(mutant, session, time.monotonic() - started)
        return Verdict(mutant.id, Status.ERROR, None, trouble, time.monotonic() - started)

    def _verdict(self, mutant: Mutant, session: LentSession, seconds: float) -> Verdict:
        red = session.red
        if red is not None:
            status = Status.TIMED_OUT if red.timed_out else Status.KILLED
            return Verdict(mutant.id, status, self._killer(red), red.message, seconds)
        if session.gave_up:
            return Verdict(mutant.id, Status.UNDECIDED, None, f"green for {seconds:.0f} s", seconds)
        seen = self.positions.check_digests
        return Verdict(mutant.id, Status.SURVIVED, None, "every following step and check was green", seconds, seen)

    def _killer(self, red: Red) -> Killer:
        if isinstance(red.place, Location):
            offset = red.place.line - self.article.step(red.step).location.line
            return Killer(red.kind, red.name, red.step, "", offset)
        return Killer(red.kind, red.name, red.step, red.place, 0)
