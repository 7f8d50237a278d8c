"""One article between its last rehearsals and this one: which steps are known, where to start, when to keep a state."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.checkpoints.ledger import Ending, Result, Run
from ensayar.checkpoints.store import Entry
from ensayar.digest import chain
from ensayar.errors import InfrastructureError
from ensayar.model import Account, Command, ConsoleStep
from ensayar.rehearsal import CommandRecord, StepRecord

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.checkpoints.ledger import Ledger
    from ensayar.checkpoints.store import Store
    from ensayar.evidence import CheckEvidence
    from ensayar.machine.protocol import Machine
    from ensayar.model import Article, Step

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


class Lineage:
    """The article's past, as far as it still holds."""

    def __init__(self, article: Article, origin: str, shelf: Shelf, *, forget: bool = False) -> None:
        """*article* is resolved; *origin* is a digest of what a machine has before step 1.

        *forget*: nothing that was kept before is used.
        """
        self.article = article
        self.shelf = shelf
        self.resumed: Entry | None = None
        self.born = time.time()
        root = hashlib.sha256(f"{origin}\n{article.platform}\n{article.login}".encode()).hexdigest()
        self._keys = chain(root, article.steps)
        self._names = [step.name for step in article.steps]
        self._forget = forget
        self._since = 0.0
        self._cost = FIRST_COST
        self._avoid: set[Path] = set()
        self._parent: str | None = None

    def key(self, step: str) -> str:
        """The key of the state after *step*."""
        return self._keys[self._names.index(step)]

    # --- results

    def result(self, step: str) -> Result | None:
        """What is known of *step*; nothing where it or a step before it has changed."""
        return None if self._forget else self.shelf.ledger.result(self.key(step))

    def check(self, step: str, name: str, digest: str) -> CheckEvidence | None:
        """What is known of a check after *step*."""
        return None if self._forget else self.shelf.ledger.check(self.key(step), name, digest)

    def record(self, step: Step) -> StepRecord | None:
        """What is known of *step*, as a rehearsal's record."""
        result = self.result(step.name)
        if result is None:
            return None
        commands = _commands(step)
        return StepRecord(
            step,
            commands=[
                CommandRecord(command, run.exit_status, run.output, run.duration)
                for command, run in zip(commands, result.runs, strict=False)
            ],
            duration=result.duration,
            restored=True,
            background=result.background,
            finished=result.finished,
        )

    def passed(self, record: StepRecord) -> None:
        """*record*'s step was played now, and passed."""
        self._since += record.duration
        self.shelf.ledger.keep_result(
            self.key(record.step.name),
            Result(
                born=self.born,
                finished=time.time(),
                duration=round(record.duration, 3),
                runs=tuple(Run(run.exit_status, run.output, round(run.duration, 3)) for run in record.commands),
                background=record.background,
            ),
        )

    def checked(self, step: str, check: CheckEvidence, digest: str) -> None:
        """*check* was made now after *step*, and passed."""
        self.shelf.ledger.keep_check(self.key(step), check, digest, self.born)

    def failed(self, step: str) -> None:
        """*step* was played now, and failed; whatever it did before."""
        self.shelf.ledger.forget_result(self.key(step))

    def check_failed(self, step: str, name: str) -> None:
        """The check *name* was made now after *step*, and failed."""
        self.shelf.ledger.forget_check(self.key(step), name)

    def ending(self) -> Ending | None:
        """What was read from the machine after the last step."""
        return self.shelf.ledger.ending(self._keys[-1]) if self._keys else None

    def ended(self, ending: Ending) -> None:
        """That was read from the machine now."""
        if self._keys:
            self.shelf.ledger.keep_ending(self._keys[-1], ending)

    # --- states

    def best(self, most: int) -> Entry | None:
        """The state with most steps behind it, at most *most* of them."""
        if self._forget:
            return None
        found = self.shelf.store.find(self._keys[:most])
        for key in reversed(self._keys[:most]):
            if key in found and found[key].path not in self._avoid:
                return found[key]
        return None

    def seconds_between(self, done: int, number: int) -> float:
        """What playing the steps from *done* to *number* took the last time; infinite where that is not known."""
        results = [self.shelf.ledger.result(key) for key in self._keys[done:number]]
        return sum(result.duration if result else float("inf") for result in results)

    def resumed_from(self, entry: Entry) -> None:
        """The machine woke up from *entry*."""
        self.shelf.store.use(entry)
        self.resumed, self.born = entry, entry.born
        self._parent, self._since = entry.path.name, 0.0

    def started(self) -> None:
        """The machine was started afresh."""
        self.resumed, self.born = None, time.time()
        self._parent, self._since = None, 0.0

    def avoid(self, entry: Entry) -> None:
        """*entry* is of no use: a machine did not wake up from it."""
        self._avoid.add(entry.path)
        self.shelf.store.remove(entry)

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
        if store.total() > store.max_bytes:  # all that is left is in use, by this very machine among others
            message = (
                f"checkpoints take {store.total() / 1e9:.1f} GB, more than the {store.max_bytes / 1e9:g} GB allowed"
            )
            raise InfrastructureError(message, "allow more with ENSAYAR_CHECKPOINTS_GB")
        entry = self._kept(machine, self._keys[number - 1], step, number)
        self._cost, self._since = entry.seconds, 0.0
        return entry

    def put_aside(self, machine: Machine) -> Entry:
        """Keep *machine* as it is, whatever state that is, for a person to look at; errors as in :meth:`keep`."""
        return self._kept(machine, aside_key(self.article.source), "", 0)

    def aside(self) -> Entry | None:
        """What was put aside last."""
        key = aside_key(self.article.source)
        return self.shelf.store.find([key]).get(key)

    def _kept(self, machine: Machine, key: str, step: str, number: int) -> Entry:
        started = time.monotonic()
        with self.shelf.store.draft(key) as path:
            machine.checkpoint(path)
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
            self.shelf.store.complete(entry)
        self._parent = entry.path.name
        return entry

    def _known(self, step: str) -> bool:
        return not self._forget and self.key(step) in self.shelf.store.find([self.key(step)])


def aside_key(source: str) -> str:
    """The key of the machine that was put aside for the article in the file *source*."""
    return hashlib.sha256(f"aside\n{source}".encode()).hexdigest()


def _commands(step: Step) -> tuple[Command, ...]:
    if not isinstance(step, ConsoleStep):
        return ()
    if step.output_of:
        return (Command("", Account.USER, step.expected, step.location),)
    return step.commands
