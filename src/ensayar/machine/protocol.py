"""What a rehearsal asks of a machine. Drivers satisfy these Protocols; none inherits from them.

A *terminal* lives in the machine and keeps its shell's state (working directory, variables, virtual
environment) from one command to the next, across a checkpoint too; the connection to it may come and go.
Every method raises :class:`ensayar.errors.InfrastructureError` where the machine, rather than the
command, is at fault. Durations are seconds of a monotonic clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

OnOutput = Callable[[str], None]
"""Called with each piece of output as it arrives; may be called from another thread."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did."""

    exit_status: int | None
    """The command's exit status; ``None``: it did not end within its time."""
    output: str
    """Standard output and standard error as they came, undecodable bytes replaced."""
    duration: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Adaptation:
    """Something of the host's that the machine was given before step 1, without a word in the article."""

    kind: str
    """``proxy``, ``ca``, ``index``."""
    description: str
    """One sentence without secrets, for the evidence and the page."""


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What the evidence says about the machine."""

    driver: str
    """``qemu``."""
    accelerator: str
    """``kvm``, ``hvf`` or ``tcg``."""
    platform: str
    """``debian-13``."""
    image: str
    """Digest of the image's recipe."""
    cpus: int
    """Virtual processors."""
    memory: int
    """MiB."""
    adaptations: tuple[Adaptation, ...]
    """What the host lent to it."""


class Background(Protocol):
    """A command that goes on in a terminal of its own."""

    @property
    def id(self) -> str:
        """What the machine calls it, across a checkpoint too."""

    def output(self) -> str:
        """All that it has printed so far."""

    def interrupt(self) -> None:
        """Press Ctrl-C and wait until it ends."""


class Terminal(Protocol):
    """A login shell in the machine that keeps its state."""

    def run(self, command: str, *, timeout: float, on_output: OnOutput | None = None) -> Outcome:
        """Run *command* in the shell itself, so that ``cd`` and ``source`` last.

        Standard input is empty. On a time-out the command is killed and ``exit_status`` is ``None``.
        """


class Machine(Protocol):
    """A running computer of our own."""

    @property
    def facts(self) -> MachineFacts:
        """What it is made of."""

    def terminal(self, user: str) -> Terminal:
        """The terminal of *user*, opened with a login at the first call and after each reboot."""

    def background(self, user: str, command: str, *, directory: str | None = None) -> Background:
        """Start *command* in a fresh login shell of *user* and return at once."""

    def attach(self, background: str) -> Background:
        """The background command with this id, which was started before a checkpoint."""

    def run(self, command: str, *, timeout: float = 60.0, stdin: bytes = b"") -> Outcome:
        """Run *command* as root in a shell of its own, apart from every terminal."""

    def put(self, content: bytes, path: str, *, owner: str, group: str, mode: int) -> None:
        """Write a file. :class:`FileNotFoundError` where its directory is missing, :class:`LookupError`
        where owner or group is unknown: those are the article's faults.
        """

    def get(self, path: str) -> bytes:
        """Read a file; :class:`FileNotFoundError` without one."""

    def wait_for_reboot(self, *, timeout: float) -> None:
        """After a command that restarts the machine: return when it is up with another boot id.

        :raises TimeoutError: it is still up with the same one.
        """

    def reboot(self, *, timeout: float = 180.0) -> None:
        """Restart in good order and return when it is up again."""

    def power_cut(self, *, timeout: float = 180.0) -> None:
        """Pull the plug without shutdown, start again from the same disk, return when it is up."""

    def save(self, tag: str) -> None:
        """Keep memory and disk under *tag*, inside this machine's own disk."""

    def restore(self, tag: str) -> None:
        """Go back to *tag*: memory, disk, terminals; the clock is right again afterwards."""

    def checkpoint(self, directory: Path) -> None:
        """Keep memory and disk in *directory*, which holds a file ``lock`` and nothing else; the machine goes on.

        Other machines may wake up from it, even at the same time; it stays as it is.
        """

    def port(self, guest: int) -> int:
        """The port on 127.0.0.1 of the host that leads to *guest* port of the machine."""

    def ssh_arguments(self, user: str = "root") -> tuple[str, ...]:
        """The command line that opens a shell by ssh, for people and for testinfra."""

    def console_tail(self, lines: int = 20) -> tuple[str, ...]:
        """The last lines of the machine's serial console."""

    def stop(self) -> None:
        """Shut down and leave nothing behind; may be called again."""
