"""One article between its last rehearsals and this one: which steps are known, where to start, when to keep a state."""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ensayar.checkpoints import line
from ensayar.checkpoints.engine import PLAYING, engine_digest
from ensayar.checkpoints.ledger import Ending, Result, Run, Seen
from ensayar.checkpoints.store import Entry
from ensayar.digest import chain
from ensayar.errors import InfrastructureError

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.checkpoints.ledger import Ledger
    from ensayar.checkpoints.store import Store
    from ensayar.evidence import CheckEvidence
    from ensayar.machine.protocol import Machine
    from ensayar.model import Article, Step
    from ensayar.rehearsal import StepRecord

OVERHEAD = 0.1
"""The share of a rehearsal's time that keeping states may take."""
FIRST_COST = 1.0
"""Seconds that keeping a state is thought to take until one was kept."""
LEAST = 5.0
"""Seconds of playing that are never worth a state of their own."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where states and results are kept."""

    store: Store
    """The states."""
    ledger: Ledger
    """The results."""


@dataclass(frozen=True, slots=True)
class Visit:
    """How a session treats what was kept before it."""

    since: float = math.inf
    """When it began; wall clock, seconds since 1970."""
    forget: bool = False
    """Nothing from before it is used."""
    looking: bool = False
    """Somebody looks around: what is played on the way takes the place of no result that holds."""


class Lineage:
    """The article's past, as far as it still holds.

    Results hold as a chain: each names the playing of the step before it. The *line* is what the machine at hand has
    behind it, which may be another playing of the same steps.
    """

    def __init__(
        self, article: Article, origin: str, shelf: Shelf, visit: Visit | None = None, *, place: str = ""
    ) -> None:
        """*article* is resolved; *origin* is a digest of what a machine has before step 1; *place* tells its project
        from others on this computer.
        """
        self.article = article
        self.shelf = shelf
        self.resumed: Entry | None = None
        self.born = time.time()
        parts = (origin, engine_digest(PLAYING), article.platform, article.login)
        self._keys = chain(hashlib.sha256("\n".join(parts).encode()).hexdigest(), article.steps)
        self._names = [step.name for step in article.steps]
        self._visit = visit or Visit()
        self._place = place
        self._held: list[Result] | None = None
        self._line: list[Result] = []
        self._since = 0.0
        self._cost = FIRST_COST
        self._avoid: set[Path] = set()
        self._parent: str | None = None

    def key(self, step: str) -> str:
        """The key of the state after *step*."""
        return self._keys[self._names.index(step)]

    # --- results

    def result(self, step: str) -> Result | None:
        """What is known of *step*; nothing where it or a step before it has changed, or was played again since."""
        index = self._names.index(step)
        held = self._holding()
        return held[index] if index < len(held) else None

    def check(self, step: str, name: str, digest: str) -> Seen | None:
        """What is known of a check after *step*."""
        result = self.result(step)
        return self.shelf.ledger.check(self.key(step), name, digest, result.token) if result else None

    def record(self, step: Step) -> StepRecord | None:
        """What is known of *step*, as a rehearsal's record."""
        result = self.result(step.name)
        return line.record(step, result) if result else None

    def passed(self, record: StepRecord, *, wanted: bool = True) -> None:
        """*record*'s step was played now, and passed; *wanted*, or only to get to another one."""
        self._since += record.duration
        result = Result(
            born=self.born,
            finished=time.time(),
            duration=round(record.duration, 3),
            runs=tuple(Run(run.exit_status, run.output, round(run.duration, 3)) for run in record.commands),
            background=record.background,
            token=secrets.token_hex(8),
            before=self._line[-1].token if self._line else "",
        )
        self._line.append(result)
        index, held = self._names.index(record.step.name), self._holding()
        if index > len(held) or (index < len(held) and (not wanted or self._visit.looking)):
            return
        result = replace(result, before=held[index - 1].token if index else "")
        known = self.shelf.ledger.result(self.key(record.step.name))
        if known is not None and known.born >= self._visit.since and known.before == result.before:
            result = known  # an article that begins alike has played it in this session
        else:
            self.shelf.ledger.keep_result(self.key(record.step.name), result)
        self._held = [*held[:index], result]

    def checked(self, step: str, check: CheckEvidence, digest: str) -> None:
        """*check* was made now after *step*, and passed."""
        result = self.result(step)
        if result is not None:
            self.shelf.ledger.keep_check(self.key(step), Seen(check, time.time()), digest, result.token)

    def failed(self, step: str) -> None:
        """*step* was played now, and failed; whatever it did before, and whatever came after that."""
        self.shelf.ledger.forget_result(self.key(step))
        self._held = self._holding()[: self._names.index(step)]

    def check_failed(self, step: str, name: str) -> None:
        """The check *name* was made now after *step*, and failed."""
        self.shelf.ledger.forget_check(self.key(step), name)

    def ending(self) -> Ending | None:
        """What was read from the machine after the last step."""
        result = self.result(self._names[-1]) if self._names else None
        return self.shelf.ledger.ending(self._keys[-1], result.token) if result else None

    def ended(self, ending: Ending) -> None:
        """That was read from the machine now."""
        result = self.result(self._names[-1]) if self._names else None
        if result is not None:
            self.shelf.ledger.keep_ending(self._keys[-1], ending, result.token)

    def _holding(self) -> list[Result]:
        """The results that hold, from the first step on."""
        if self._held is None:
            self._held = []
            before = ""
            for key in self._keys:
                result = self.shelf.ledger.result(key)
                outdated = result is None or (self._visit.forget and result.born < self._visit.since)
                if result is None or outdated or result.before != before:
                    break
                self._held.append(result)
                before = result.token
        return self._held

    # --- states

    def best(self, most: int) -> Entry | None:
        """The state with most steps behind it, at most *most* of them; none that is older than what is known."""
        if self._visit.forget:
            return None
        found = self.shelf.store.find(self._keys[:most])
        for number in range(most, 0, -1):
            entry = found.get(self._keys[number - 1])
            if entry is not None and entry.path not in self._avoid and self._young(entry, number):
                return entry
        return None

    def _young(self, entry: Entry, number: int) -> bool:
        held = self._holding()[:number]
        return not held or entry.born >= held[-1].born

    def seconds_between(self, done: int, number: int) -> float:
        """What playing the steps from *done* to *number* took the last time; infinite where that is not known."""
        results = [self.shelf.ledger.result(key) for key in self._keys[done:number]]
        return sum(result.duration if result else float("inf") for result in results)

    def past(self, entry: Entry) -> tuple[StepRecord, ...]:
        """What the steps did that *entry* has behind it.

        :raises InfrastructureError: that is not known any more.
        """
        results = line.read(entry.path, entry.number)
        return tuple(line.record(step, result) for step, result in zip(self.article.steps, results, strict=False))

    def resumed_from(self, entry: Entry) -> None:
        """The machine woke up from *entry*."""
        self.shelf.store.use(entry)
        self.resumed, self.born = entry, entry.born
        self._line = list(line.read(entry.path, entry.number))
        self._parent, self._since = entry.path.name, 0.0

    def started(self) -> None:
        """The machine was started afresh."""
        self.resumed, self.born = None, time.time()
        self._line = []
        self._parent, self._since = None, 0.0

    def avoid(self, entry: Entry) -> bool:
        """A machine did not wake up from *entry*: it is not tried again now. The second time it goes; whether it did.

        The first time the computer may have been at fault.
        """
        self._avoid.add(entry.path)
        return self.shelf.store.doubt(entry)

    def worth_keeping(self, step: str) -> bool:
        """Whether the time since the last state is worth that of keeping one now."""
        last = self._names[-2:-1] == [step]  # an author works at the end: the last step has its state before it
        enough = self._since >= max(LEAST, self._cost / OVERHEAD)
        return (enough or (last and self._since > self._cost)) and not self._known(step)

    def keep(self, step: str, machine: Machine) -> Entry:
        """Keep the state of *machine* after *step*.

        :raises InfrastructureError: it could not be kept, or there is no room; nothing of it is left.
        :raises OSError: likewise.
        """
        number = self._names.index(step) + 1
        store = self.shelf.store
        store.tidy()
        self.shelf.ledger.tidy(store.max_age)
        if store.total() >= store.max_bytes:  # all that is left is in use, by this very machine among others
            message = f"checkpoints take {store.total() / 1e9:.1f} GB, and {store.max_bytes / 1e9:g} GB are allowed"
            raise InfrastructureError(message, "allow more with ENSAYAR_CHECKPOINTS_GB")
        entry = self._kept(machine, self._keys[number - 1], step, number)
        self._cost, self._since = entry.seconds, 0.0
        store.drop_older(entry)
        store.tidy()
        return entry

    def put_aside(self, machine: Machine) -> Entry:
        """Keep *machine* as it is, whatever state that is, for a person to look at; errors as in :meth:`keep`."""
        entry = self._kept(machine, self._aside_key(), "", 0)
        self.shelf.store.drop_older(entry)
        self.shelf.store.tidy()
        return entry

    def aside(self) -> Entry | None:
        """What was put aside last."""
        key = self._aside_key()
        return self.shelf.store.find([key]).get(key)

    def _aside_key(self) -> str:
        return hashlib.sha256(f"aside\n{self._place}\n{self.article.source}".encode()).hexdigest()

    def _kept(self, machine: Machine, key: str, step: str, number: int) -> Entry:
        started = time.monotonic()
        with self.shelf.store.draft(key) as path:
            machine.checkpoint(path)
            line.write(self._line[:number], path)
            entry = Entry(
                path=path,
                key=key,
                article=self.article.slug,
                step=step,
                number=number,
                born=self.born,
                made=time.time(),
                seconds=round(time.monotonic() - started, 3),
                parent=self._parent,
            )
            self._parent = path.name  # its disk stands on it from here on, whatever becomes of the entry
            self.shelf.store.complete(entry)
        return entry

    def _known(self, step: str) -> bool:
        number = self._names.index(step) + 1
        entry = None if self._visit.forget else self.shelf.store.find([self.key(step)]).get(self.key(step))
        return entry is not None and entry.path not in self._avoid and self._young(entry, number)
