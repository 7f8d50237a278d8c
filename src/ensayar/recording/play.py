"""An article played on terminals: the same steps with the same verdicts as in a rehearsal, and recorded.

:class:`ensayar.rehearsal.Rehearsal` does the playing. What it gets is a machine whose terminals are real ones, on which
everything is typed, so that programs print what they print for people: in columns, in colours, with their progress.
"""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from ensayar.matching import matches
from ensayar.model import ConsoleStep
from ensayar.recording.shell import Shell
from ensayar.recording.tape import Event, Tape
from ensayar.recordings import to_be_seen
from ensayar.rehearsal import Rehearsal

if TYPE_CHECKING:
    from ensayar.machine.protocol import Machine, OnOutput, Outcome
    from ensayar.model import Article, Step
    from ensayar.rehearsal import Observer

LOOK_SECONDS = 0.3
"""How long a background command's terminal is looked at for more of its output."""


@dataclass(frozen=True, slots=True)
class Take:
    """One step, as its terminals showed it."""

    events: tuple[Event, ...]
    """What they showed."""
    began: float
    """When; seconds since 1970."""


class Terminals:
    """A machine whose terminals are real ones. Everything but them is the machine's own."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._shells: dict[str, _Typing] = {}
        self._others: dict[str, _Running] = {}
        self._tape = Tape()
        self._step: ConsoleStep | None = None
        self._front: _Typing | None = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  (whatever the machine has)
        return getattr(self._machine, name)

    def begin(self, step: Step) -> None:
        """From now on *step* is being played."""
        self._step = step if isinstance(step, ConsoleStep) else None
        self._front = None
        self._tape.rewind()

    def end(self) -> tuple[Event, ...]:
        """What the terminals showed since; of a step that watches a background command, all that this one's showed."""
        step = self._step
        if step is not None and step.output_of is not None:
            return self._others[step.output_of].tape.events()
        return self._tape.events()

    def terminal(self, user: str) -> _Typing:
        """The terminal of *user*, opened at the first call and after each restart."""
        if user not in self._shells:
            self._shells[user] = _Typing(self, user)
        return self._shells[user]

    def background(self, user: str, command: str, *, directory: str | None = None) -> _Running:
        """Type *command* in another terminal of *user*'s and leave it running."""
        step = self._step
        assert step is not None  # noqa: S101  (a file starts nothing)
        if step.reboot:
            typing = self.terminal(user)
            typing.shell.start(command)
            return _Running("", typing.shell, self._tape)
        tape = Tape()
        shell = Shell(self._machine.ssh_arguments(user))
        if directory is not None:
            shell.run(f"cd {shlex.quote(directory)}", timeout=LOOK_SECONDS * 100)
        tape.rewind()
        tape.write(shell.prompt())
        shell.listen(tape.write)
        shell.start(command)
        running = self._others[step.name] = _Running(step.name, shell, tape)
        return running

    def wait_for_reboot(self, *, timeout: float) -> None:
        """Return when the machine is up again; all terminals are gone then."""
        self._machine.wait_for_reboot(timeout=timeout)
        self.close()

    def close(self) -> None:
        """Close all terminals."""
        for shell in (*(each.shell for each in self._shells.values()), *(each.shell for each in self._others.values())):
            shell.close()
        self._shells.clear()
        self._others.clear()

    def as_shown(self, command: str, outcome: Outcome) -> Outcome:
        """*outcome* of *command*, with names one by one where a terminal has laid them out in columns, as ``ls`` does.

        Only where the article shows them so, one name in each line, and they come in that order.
        """
        step = self._step
        shown = next((each.expected for each in step.commands if each.text == command), ()) if step else ()
        if step is None or not shown or matches(shown, outcome.output, step.comparison):
            return outcome
        listed = "\n".join(outcome.output.split())
        return replace(outcome, output=listed) if matches(shown, listed, step.comparison) else outcome

    def typed_into(self, typing: _Typing) -> None:
        """*typing* gets a command: show its prompt, where another one was to be seen before."""
        step = self._step
        if self._front is None or (step is not None and step.wait is not None):  # of several tries the last one counts
            self._tape.rewind()
            self._tape.write(typing.shell.prompt())
        elif self._front is not typing:
            self._tape.write(f"\r\x1b[K{typing.shell.prompt()}")
        self._front = typing

    def open(self, user: str) -> Shell:
        """Another terminal of *user*'s, whose output goes to the tape."""
        shell = Shell(self._machine.ssh_arguments(user))
        shell.listen(self._tape.write)
        return shell


class _Typing:
    """A terminal at whose prompt commands are typed."""

    def __init__(self, terminals: Terminals, user: str) -> None:
        self._terminals = terminals
        self.shell = terminals.open(user)

    def come_to_front(self) -> None:
        self._terminals.typed_into(self)

    def run(self, command: str, *, timeout: float, on_output: OnOutput | None = None) -> Outcome:
        self.come_to_front()
        outcome = self._terminals.as_shown(command, self.shell.run(command, timeout=timeout))
        if on_output:
            on_output(outcome.output)
        return outcome


class _Running:
    """A terminal in which a command goes on."""

    def __init__(self, name: str, shell: Shell, tape: Tape) -> None:
        self.id = name
        self.shell = shell
        self.tape = tape

    def output(self) -> str:
        return self.shell.look(LOOK_SECONDS)

    def interrupt(self) -> None:
        self.shell.interrupt()


class _Camera:
    """Tells the terminals which step it is, and keeps what they showed."""

    def __init__(self, terminals: Terminals, observer: Observer) -> None:
        self.takes: dict[str, Take] = {}
        self._terminals = terminals
        self._observer = observer
        self._began = 0.0

    def step_started(self, number: int, total: int, step: Step) -> None:
        self._observer.step_started(number, total, step)
        self._began = time.time()
        self._terminals.begin(step)

    def output(self, text: str) -> None:
        self._observer.output(text)

    def step_finished(self, step: Step, duration: float, error: BaseException | None) -> None:
        if error is None and to_be_seen(step):
            self.takes[step.name] = Take(self._terminals.end(), self._began)
        self._observer.step_finished(step, duration, error)


def play(article: Article, machine: Machine, observer: Observer) -> dict[str, Take]:
    """Play *article*, resolved, on a fresh *machine*; what the terminals showed of each step that is typed.

    What runs in the background is seen in the steps that watch it.

    :raises StepError: a step does not do on a terminal what the article says.
    :raises InfrastructureError: the machine failed.
    """
    terminals = Terminals(machine)
    camera = _Camera(terminals, observer)
    rehearsal = Rehearsal(article, cast("Machine", terminals), camera)
    try:
        for step in article.steps:
            rehearsal.play(step)
    finally:
        terminals.close()
    return camera.takes
