"""Plays an article's steps on a machine, in order, and keeps what happened.

Knows the ``Machine`` Protocol and nothing of QEMU or pytest. A step that does not do what the article says
raises :class:`ensayar.errors.StepError`; a machine at fault raises
:class:`ensayar.errors.InfrastructureError`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ensayar.errors import StepError
from ensayar.matching import difference, lines_of, matches
from ensayar.model import EXACTLY, Account, Article, Command, Comparison, ConsoleStep, FileStep, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ensayar.machine.protocol import Background, Machine, Outcome

RETRY_PAUSE = 1.0
TAIL = 20


class Observer(Protocol):
    """Is told what goes on; for progress and logs."""

    def step_started(self, number: int, total: int, step: Step) -> None:
        """Step *number* of *total* (from 1) begins."""

    def output(self, text: str) -> None:
        """The machine printed something."""

    def step_finished(self, step: Step, duration: float, error: BaseException | None) -> None:
        """It ended after *duration* seconds, with *error* where it failed."""


class Silent:
    """An observer for those who do not want to know."""

    def step_started(self, number: int, total: int, step: Step) -> None:
        """Nothing."""

    def output(self, text: str) -> None:
        """Nothing."""

    def step_finished(self, step: Step, duration: float, error: BaseException | None) -> None:
        """Nothing."""


@dataclass(slots=True)
class CommandRecord:
    """A command as it ran."""

    command: Command
    """Resolved; without text where a step only shows what a background command printed."""
    exit_status: int | None
    """``None``: out of time."""
    output: str
    """All of it."""
    duration: float
    """Seconds."""


@dataclass(slots=True)
class StepRecord:
    """A step as it was played."""

    step: Step
    """Resolved."""
    commands: list[CommandRecord] = field(default_factory=list)
    """For a console step; after a failure those that ran."""
    duration: float = 0.0
    """Seconds."""
    error: StepError | None = None
    """What went wrong."""
    restored: bool = False
    """Not played: the machine came from a checkpoint after it."""
    background: str | None = None
    """What the machine calls the background command that it started."""
    finished: float | None = None
    """When it ended, where that was in an earlier rehearsal; wall clock, seconds since 1970."""


class Rehearsal:
    """One article on one machine. Steps are played in article order, each once."""

    def __init__(self, article: Article, machine: Machine, observer: Observer | None = None) -> None:
        """*article* is resolved."""
        self.article = article
        self.machine = machine
        self.observer: Observer = observer or Silent()
        self.records: dict[str, StepRecord] = {}
        self._backgrounds: dict[str, Background] = {}

    def next_step(self) -> Step | None:
        """The first step that was not played; ``None`` after the last."""
        return next((step for step in self.article.steps if step.name not in self.records), None)

    def assume(self, step: Step, record: StepRecord | None = None) -> None:
        """Take *step* as played: the machine comes from a checkpoint after it. *record* is what is known of that."""
        known = self.records[step.name] = record or StepRecord(step, restored=True)
        if isinstance(step, ConsoleStep) and step.reboot:
            self._backgrounds.clear()
        if known.background is not None:
            self._backgrounds[step.name] = self.machine.attach(known.background)

    def failed(self) -> StepRecord | None:
        """The record of the step that failed, if one did."""
        return next((record for record in self.records.values() if record.error), None)

    def play(self, step: Step) -> StepRecord:
        """Play *step*, which must be the next one.

        :raises StepError: it did not do what the article says.
        """
        if step is not self.next_step():
            message = f"step {step.name} is out of turn"
            raise ValueError(message)
        record = StepRecord(step)
        self.records[step.name] = record
        self.observer.step_started(len(self.records), len(self.article.steps), step)
        started = time.monotonic()
        failure: BaseException | None = None
        try:
            if isinstance(step, FileStep):
                self._file(step)
            else:
                self._console(step, record)
        except StepError as error:
            failure = record.error = error
            raise
        except BaseException as error:
            failure = error
            del self.records[step.name]  # interrupted, or the machine failed: nothing is known of this step
            raise
        finally:
            record.duration = time.monotonic() - started
            self.observer.step_finished(step, record.duration, failure)
        return record

    def _file(self, step: FileStep) -> None:
        try:
            self.machine.put(step.content.encode(), step.path, owner=step.owner, group=step.group, mode=step.mode)
        except FileNotFoundError as error:
            message = f"the directory of {step.path} does not exist; create it in an earlier step"
            raise self._error(step, message) from error
        except LookupError as error:
            message = f"{step.path}: no user or group “{step.owner}:{step.group}” in the machine; create it earlier"
            raise self._error(step, message) from error
        except OSError as error:
            message = f"{step.path} cannot be written: {error}"
            raise self._error(step, message) from error

    def _console(self, step: ConsoleStep, record: StepRecord) -> None:
        if step.output_of:
            self._output_of(step, record)
        elif step.background:
            self._start(step, record)
        elif step.wait is not None:
            self._wait(step, record)
        else:
            self._commands(step, record)

    def _user(self, account: Account) -> str:
        return "root" if account is Account.ROOT else self.article.login

    def _run(self, step: ConsoleStep, command: Command) -> Outcome:
        terminal = self.machine.terminal(self._user(command.account))
        return terminal.run(command.text, timeout=step.timeout, on_output=self.observer.output)

    def _commands(self, step: ConsoleStep, record: StepRecord) -> None:
        for index, command in enumerate(step.commands):
            last = index == len(step.commands) - 1
            if step.reboot and last:
                self._reboot(step, command, record)
                return
            outcome = self._run(step, command)
            record.commands.append(CommandRecord(command, outcome.exit_status, outcome.output, outcome.duration))
            self._judge(step, command, outcome, step.exit_status if last else 0)

    def _judge(self, step: ConsoleStep, command: Command, outcome: Outcome, wanted: int) -> None:
        problem = complaint(command.expected, outcome, wanted, step.timeout, step.comparison)
        if problem is None:
            return
        diff = difference(command.expected, outcome.output, step.comparison) if command.expected else ""
        raise self._error(step, problem, command, diff=diff, output=outcome.output)

    def _wait(self, step: ConsoleStep, record: StepRecord) -> None:
        """Repeat the only command until it does what it should. One record: that of the last try."""
        (command,) = step.commands
        started = time.monotonic()
        while True:
            outcome = self._run(step, command)
            elapsed = time.monotonic() - started
            record.commands[:] = [CommandRecord(command, outcome.exit_status, outcome.output, elapsed)]
            if complaint(command.expected, outcome, step.exit_status, step.timeout, step.comparison) is None:
                return
            if outcome.exit_status is None or elapsed + RETRY_PAUSE > (step.wait or 0):
                break
            time.sleep(RETRY_PAUSE)
        problem = complaint(command.expected, outcome, step.exit_status, step.timeout, step.comparison)
        message = f"after {elapsed:.0f} s of waiting, {problem}"
        diff = difference(command.expected, outcome.output, step.comparison) if command.expected else ""
        raise self._error(step, message, command, diff=diff, output=outcome.output)

    def _start(self, step: ConsoleStep, record: StepRecord) -> None:
        (command,) = step.commands
        user = self._user(command.account)
        directory = self.machine.terminal(user).run("pwd", timeout=step.timeout).output.strip()
        background = self.machine.background(user, command.text, directory=directory)
        self._backgrounds[step.name] = background
        record.background = background.id

    def _output_of(self, step: ConsoleStep, record: StepRecord) -> None:
        background = self._backgrounds[step.output_of or ""]
        patience = step.wait if step.wait is not None else 0.0
        seen = Command("", Account.USER, step.expected, step.location)
        started = time.monotonic()
        while not matches(step.expected, output := background.output(), step.comparison):
            elapsed = time.monotonic() - started
            if elapsed > patience:
                message = f"the terminal of “{step.output_of}” has not printed what the article shows ({elapsed:.0f} s)"
                record.commands.append(CommandRecord(seen, 0, output, elapsed))
                diff = difference(step.expected, output, step.comparison)
                raise self._error(step, message, diff=diff, output=output)
            time.sleep(min(RETRY_PAUSE, patience / 4 + 0.1))
        self.observer.output(output)
        record.commands.append(CommandRecord(seen, 0, output, time.monotonic() - started))
        if step.stop:
            background.interrupt()

    def _reboot(self, step: ConsoleStep, command: Command, record: StepRecord) -> None:
        started = time.monotonic()
        # the terminal it is typed in goes down with the machine, hence one of its own
        self.machine.background(self._user(command.account), command.text)
        try:
            self.machine.wait_for_reboot(timeout=step.timeout)
        except TimeoutError as error:
            message = f"the machine did not restart within {step.timeout:g} s"
            raise self._error(step, message, command) from error
        self._backgrounds.clear()
        record.commands.append(CommandRecord(command, 0, "", time.monotonic() - started))

    def _error(
        self, step: Step, message: str, command: Command | None = None, *, diff: str = "", output: str = ""
    ) -> StepError:
        return StepError(
            command.location if command else step.location,
            step.name,
            message,
            command=command.text if command else None,
            diff=diff,
            console=lines_of(output)[-TAIL:],
        )


def complaint(
    expected: Sequence[str], outcome: Outcome, wanted: int, timeout: float, comparison: Comparison = EXACTLY
) -> str | None:
    """What is wrong with *outcome*, in words; ``None`` where it is what the article says."""
    if outcome.exit_status is None:
        return f"the command did not end within {timeout:g} s; say “:timeout:” if it needs longer"
    if outcome.exit_status != wanted:
        return f"the command exited with {outcome.exit_status}, not {wanted}"
    if expected and not matches(expected, outcome.output, comparison):
        return "the output is not what the article shows"
    return None
