"""One machine, brought to the state before any step of the sound article, as often as that is asked for.

States are saved inside the running machine, a few of them at the same time; between them the sound article is played
again, with its checks, because what checks do is part of the state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.errors import EXIT_STEP_FAILED, EnsayarError, InfrastructureError, UsageError
from ensayar.mutation.journal import Times
from ensayar.testing import session as rehearsals
from ensayar.testing.lent import LentSession, silent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ensayar.machine.protocol import Background, Machine
    from ensayar.model import Article
    from ensayar.progress import Progress
    from ensayar.project import Project
    from ensayar.testing.red import Red

KEPT = 8
"""States that are kept at the same time besides the first and the moving one: a few hundred MiB each."""
MOVING = "ensayar-mutate"


class SoundArticleError(EnsayarError):
    """Without any fault put into it, the article is red: what a mutant does proves nothing."""

    exit_code = EXIT_STEP_FAILED

    def __init__(self, failure: str) -> None:
        super().__init__(f"the article itself is red; make it green, then mutate it\n\n{failure}")


@dataclass(frozen=True, slots=True)
class Position:
    """A state of the machine."""

    number: int
    """The step, from 0, that would come next."""
    tag: str
    """What it is saved under."""
    backgrounds: Mapping[str, Background]
    """What goes on in other terminals; lives in the machine and comes back with it."""


def spread(numbers: Collection[int], count: int = KEPT) -> frozenset[int]:
    """At most *count* of *numbers*, evenly spread, without 0."""
    wanted = sorted(set(numbers) - {0})
    if len(wanted) <= count:
        return frozenset(wanted)
    return frozenset(wanted[round(index * (len(wanted) - 1) / (count - 1))] for index in range(count))


class Positions:
    """The machine and what it was saved as. Stop it by :meth:`close`."""

    def __init__(self, project: Project, article: Article, progress: Progress) -> None:
        """*article* is the sound one, resolved; *progress* shows the sound rehearsals."""
        self.project = project
        self.article = article
        self.progress = progress
        self.keep: frozenset[int] = frozenset()
        self.check_digests: dict[str, str] = {}
        self.check_places: dict[str, str] = {}
        self.check_bindings: dict[str, str] = {}
        self.strays = False
        self._machine: Machine | None = None
        self._saved: dict[int, Position] = {}

    def close(self) -> None:
        """Stop the machine."""
        machine, self._machine = self._machine, None
        self._saved.clear()
        if machine is not None:
            machine.stop()

    def machine(self) -> Machine:
        """The machine, before the first step where it had to be started.

        :raises InfrastructureError: it could not be had.
        """
        if self._machine is None:
            self._play(None, 0)
        if self._machine is None:
            message = "the session ended without a machine"
            raise InfrastructureError(message)
        return self._machine

    def reach(self, number: int) -> Position:
        """Bring the machine to the state before step *number*.

        :raises InfrastructureError: it failed, also on a second machine.
        :raises SoundArticleError: it is red without a fault of ours, twice.
        """
        try:
            return self._reach(number)
        except InfrastructureError:
            self.close()
        except SoundArticleError:
            pass  # it has been green: the state that it starts from is still there
        return self._reach(number)

    def _reach(self, number: int) -> Position:
        machine = self.machine()
        start = self._saved[max(place for place in self._saved if place <= number)]
        machine.restore(start.tag)
        if start.number < number:
            self._play(start, number)
        return self._saved[number]

    def rehearse(self) -> Times:
        """Play the whole sound article, keep states on the way, and measure.

        :raises SoundArticleError: it is no baseline for mutants.
        """
        self.machine().restore(self._saved[0].tag)
        session = self._play(self._saved[0], len(self.article.steps))
        return Times(session.step_times, session.command_times, session.check_times, session.check_steps)

    def _save(self, number: int, session: LentSession) -> None:
        machine = session.machine
        if machine is None or number in self._saved:
            return
        kept = number == 0 or number in self.keep
        tag = f"{MOVING}-{number}" if kept else MOVING
        self._saved = {place: saved for place, saved in self._saved.items() if saved.tag != tag}
        machine.save(tag)
        self._saved[number] = Position(number, tag, dict(session.backgrounds))

    def _play(self, start: Position | None, end: int) -> LentSession:
        """From *start* (``None``: on a new machine) to the state before step *end*, which is saved."""

        def before(number: int, session: LentSession) -> bool:
            if number == end or number in self.keep:
                self._save(number, session)
            return number != end

        first = start.number if start is not None else 0
        session = LentSession(
            self.project,
            self.progress if first < end else silent(),
            machine=self._machine if start is not None else None,
            restored=first,
            backgrounds=start.backgrounds if start is not None else {},
            article=self.article,  # whatever is saved meanwhile
            inquire=not self.check_digests,
            before_step=before,
        )
        try:
            code = rehearsals.run([self.project.root / self.article.source], session)
        finally:
            self._machine = session.machine
        settle(session, code)
        if not self.check_digests:  # what Python has imported stays what it is, too
            self.check_digests, self.check_places = session.check_digests, session.check_places
            self.check_bindings, self.strays = session.check_bindings, session.strays
        if end < len(self.article.steps) and end not in self._saved:
            message = f"the sound article did not come to step {end + 1}"
            raise InfrastructureError(message)
        return session


def settle(session: LentSession, code: int, *, red: bool = False) -> None:
    """Raise what a session that came to no good end stands for; with *red*, red is one.

    :raises KeyboardInterrupt: Ctrl-C.
    :raises UsageError: the checks cannot be collected.
    :raises InfrastructureError: the machine failed, or with *red*, there is a bug; without, that is raised as it is.
    :raises SoundArticleError: red.
    """
    if session.interrupted:
        raise KeyboardInterrupt
    found = session.red
    if found is not None and found.broken:
        raise trouble(found, bugs=not red)
    if found is not None and not red:
        raise SoundArticleError("\n".join(session.tally.failures))
    if found is None and code != 0 and not session.gave_up:
        raise UsageError("\n".join(session.tally.failures) or f"the rehearsal ended with code {code}")


def trouble(found: Red, *, bugs: bool) -> BaseException:
    """What to raise for a red that neither the article nor a check is to blame for; with *bugs*, a bug as it is."""
    if isinstance(found.error, InfrastructureError):
        return found.error
    if bugs and found.kind == "step" and found.error is not None:
        return found.error
    what = f"{type(found.error).__name__}: {found.message}"
    return InfrastructureError(f"{found.place}: {found.kind} “{found.name}” broke off ({what})")
