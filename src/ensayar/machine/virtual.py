"""A virtual machine that satisfies :class:`ensayar.machine.protocol.Machine`; :mod:`ensayar.machine.qemu` starts it."""

from __future__ import annotations

import contextlib
import shlex
import time
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError
from ensayar.machine.link import Link, Restarted
from ensayar.machine.power import SSH_PORT, Power
from ensayar.machine.protocol import MachineFacts, Outcome
from ensayar.machine.ssh import Connection, ConnectionLost
from ensayar.machine.terminal import Collector, GuestBackground, GuestTerminal, exit_status, expect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from ensayar.machine import accelerator, saved
    from ensayar.machine.rundir import RunDirectory

_BOOT_SECONDS = 240.0
_PUT_ERRORS = {
    "directory": (FileNotFoundError, "its directory does not exist"),
    "isdir": (IsADirectoryError, "it is a directory"),
    "owner": (LookupError, "no such user"),
    "group": (LookupError, "no such group"),
}


class QemuMachine:
    """A virtual machine; what it may be asked is documented with the Protocol."""

    def __init__(self, about: saved.Saved, run: RunDirectory, chosen: accelerator.Accelerator) -> None:
        """Take over *run*, with the disk in it; nothing runs yet."""
        self._about = about
        self._power = Power(about, run, chosen)
        self._link = Link(Connection(about.name, run.path, run.sockets, about.keys), self._power)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @contextlib.contextmanager
    def stopped_on_failure(self) -> Iterator[None]:
        """Stop the machine where the body fails or is interrupted."""
        try:
            yield
        except BaseException:
            self.stop()
            raise

    @property
    def facts(self) -> MachineFacts:
        """What it is made of."""
        return MachineFacts(
            driver="qemu",
            accelerator=self._about.accelerator,
            platform=self._about.platform,
            image=self._about.image,
            cpus=self._about.hardware.cpus,
            memory=self._about.hardware.memory,
            adaptations=self._about.adaptations,
        )

    @property
    def build(self) -> str:
        """The name of the image's build: a disk kept from it fits no other."""
        return self._about.build

    @property
    def ssh_config(self) -> Path:
        """OpenSSH configuration with one host, the machine's name; for testinfra."""
        return self._link.connection.config

    @property
    def name(self) -> str:
        """Its host name, and what ``ssh_config`` calls it."""
        return self._about.name

    def power_on(self, *, memory: Path | None = None, timeout: float = _BOOT_SECONDS) -> None:
        """Start QEMU and wait until the machine lets us in; with *memory*, where it fell asleep."""
        self._power.on(memory)
        self._link.connection.aim(self._power.port(SSH_PORT))
        if memory is None:
            self._link.wait_for_boot(timeout=timeout)
            # A first boot writes the keys that let us in; after a power cut they would be empty files, for good.
            self._expect_exit(self.run("sync"), "writing what the boot has written")
        else:
            self._link.connect(timeout=timeout)
            self._set_clock()

    def terminal(self, user: str) -> GuestTerminal:
        """The terminal of *user*; the shell behind it lives in the machine."""
        return GuestTerminal(self._link, user)

    def background(self, user: str, command: str, *, directory: str | None = None) -> GuestBackground:
        """Start *command* in a fresh login shell of *user* and return at once."""
        return GuestBackground.start(self._link, user, command, directory)

    def attach(self, background: str) -> GuestBackground:
        """The background command with this id, which was started before a checkpoint."""
        return GuestBackground(self._link, background)

    def run(self, command: str, *, timeout: float = 60.0, stdin: bytes = b"") -> Outcome:
        """Run *command* as root in a shell of its own, apart from every terminal."""
        collector = Collector(None)
        started = time.monotonic()
        try:
            answer = self._link.call(
                "exec", f"{timeout:.2f}", command, stdin=stdin, timeout=timeout, on_output=collector.add
            )
        except ConnectionLost as error:
            with contextlib.suppress(Restarted):
                self._link.recover()
            message = f"the connection to the machine was lost during “{command}”: {error}"
            raise InfrastructureError(message) from error
        return Outcome(exit_status(answer.result), collector.text(), time.monotonic() - started)

    def put(self, content: bytes, path: str, *, owner: str, group: str, mode: int) -> None:
        """Write a file; errors as the Protocol says, :class:`OSError` for any other refusal."""
        answer = self._link.insist("put", path, owner, group, f"{mode:o}", stdin=content, timeout=60)
        if answer.result in _PUT_ERRORS:
            kind, reason = _PUT_ERRORS[answer.result]
            message = f"{path} ({owner}:{group}): {reason}"
            raise kind(message)
        if answer.result.startswith("error "):
            message = f"{path}: {answer.result.removeprefix('error ')}"
            raise OSError(message)
        expect(answer.result)

    def get(self, path: str) -> bytes:
        """Read a file; :class:`FileNotFoundError` without one."""
        answer = self._link.insist("get", path, timeout=120)
        if answer.result == "missing":
            raise FileNotFoundError(path)
        if answer.result == "isdir":
            raise IsADirectoryError(path)
        expect(answer.result)
        return answer.output

    def wait_for_reboot(self, *, timeout: float) -> None:
        """After a command that restarts the machine: return when it is up with another boot id."""
        self._link.wait_for_boot(timeout=timeout)

    def reboot(self, *, timeout: float = 180.0) -> None:
        """Restart in good order and return when it is up again."""
        with contextlib.suppress(ConnectionLost):  # the shutdown may be faster than the answer
            self._link.call("exec", "30", "systemctl reboot", timeout=30)
        self.wait_for_reboot(timeout=timeout)

    def power_cut(self, *, timeout: float = 180.0) -> None:
        """Pull the plug without shutdown, start again from the same disk, return when it is up."""
        self._link.connection.close()
        self._power.cut()
        self.power_on(timeout=timeout)

    def save(self, tag: str) -> None:
        """Keep memory and disk under *tag*; what *tag* held before is replaced."""
        self._expect_exit(self.run("sync; echo 3 >/proc/sys/vm/drop_caches"), "emptying the page cache")
        self._power.save(tag)

    def saved_tags(self) -> tuple[str, ...]:
        """The tags that :meth:`save` has written to this disk."""
        return self._power.tags()

    def restore(self, tag: str) -> None:
        """Go back to *tag*: memory, disk, terminals; the clock is right again afterwards."""
        self._link.connection.close()
        self._power.load(tag)
        self._link.connect(timeout=60)
        self._set_clock()

    def checkpoint(self, directory: Path) -> None:
        """Keep memory and disk in *directory*, which holds a file ``lock`` and nothing else; the machine goes on."""
        self._power.checkpoint(directory)

    def port(self, guest: int) -> int:
        """The port on 127.0.0.1 of the host that leads to *guest* port of the machine."""
        return self._power.port(guest)

    def ssh_arguments(self, user: str = "root") -> tuple[str, ...]:
        """The command line that opens a shell; another user's through root, as only root has a key."""
        arguments = self._link.connection.arguments()
        if user == "root":
            return arguments
        return (*arguments[:-1], "-t", arguments[-1], f"su - {shlex.quote(user)}")

    def console_tail(self, lines: int = 20) -> tuple[str, ...]:
        """The last lines of the machine's serial console."""
        return self._power.console_tail(lines)

    def stop(self) -> None:
        """End the machine and leave nothing behind; may be called again."""
        if not self._power.over:
            self._link.connection.close()
            self._power.end()

    def _set_clock(self) -> None:
        # Wall clock on purpose: the machine's has stood still since it was saved.
        self._expect_exit(self.run(f"date --set=@{time.time():.2f}"), "setting the clock")

    def _expect_exit(self, outcome: Outcome, what: str) -> None:
        if outcome.exit_status != 0:
            message = f"{what} in the machine failed: {outcome.output.strip()}"
            raise InfrastructureError(message)
