"""The machine from outside: QEMU, its keeper, its disk, its console. Nothing here talks to the system inside."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError
from ensayar.machine import credentials, freezing, launch, saved
from ensayar.machine.console import boots, dying_words, tail
from ensayar.machine.freezing import Layer
from ensayar.machine.qmp import Control
from ensayar.machine.supervision import Supervision, shared_lock
from ensayar.machine.usernet import add_forward, forwards

if TYPE_CHECKING:
    from ensayar.machine.accelerator import Accelerator
    from ensayar.machine.rundir import RunDirectory

SSH_PORT = 22
_JOB_SECONDS = 300.0
_WAKE_SECONDS = 120.0


class PanicError(InfrastructureError):
    """The system inside has given up."""


class Power:
    """One virtual computer, switched on or off."""

    def __init__(self, about: saved.Saved, run: RunDirectory, chosen: Accelerator) -> None:
        """Take over *run*, with the first layer of the disk in it; the computer is off."""
        self._about = about
        self._number = 0
        self._layer = Layer(launch.layer_path(run, 0), launch.DISK_NODE)
        self._run = run
        base = Path(about.base)
        strings = credentials.smbios_strings(about.name, about.keys)
        for file_name, text in strings.items():
            path = run.path / file_name
            path.touch(0o600)
            path.write_text(text, encoding="ascii")
        self._plan = launch.Plan(
            name=about.name,
            run=run,
            kernel=base / "vmlinuz",
            initrd=base / "initrd.img",
            accelerator=chosen,
            hardware=about.hardware,
            smbios=tuple(strings),
        )
        self._locks: list[int] = []
        try:
            self._locks += (shared_lock(needed / saved.LOCK) for needed in about.needs())
            self._supervision = Supervision(run, self._locks)
        except BaseException:
            self._release()
            raise
        self._control: Control | None = None
        self._forwards: dict[int, int] = {SSH_PORT: 0}
        self._over = False

    @property
    def over(self) -> bool:
        """Whether it has been ended for good."""
        return self._over

    def on(self, memory: Path | None = None) -> None:
        """Switch on; with *memory*, wake up with it."""
        try:
            self._launch(self._forwards, memory)
        except InfrastructureError:
            if not any(self._forwards.values()):
                raise
            # After a power cut: another program may have taken a port meanwhile.
            self._launch(dict.fromkeys(self._forwards, 0), memory)

    def cut(self) -> None:
        """Pull the plug."""
        self._hang_up()
        self._supervision.kill()

    def end(self) -> None:
        """Pull the plug and remove everything."""
        if self._over:
            return
        self._over = True
        try:
            self._hang_up()
            self._supervision.close()
            self._run.remove()
        finally:
            self._release()

    def _release(self) -> None:
        while self._locks:
            os.close(self._locks.pop())

    def check(self) -> None:
        """Raise :class:`InfrastructureError` where the machine is dead: :class:`PanicError` by its own doing."""
        if self._over:
            message = f"“{self._about.name}” has been stopped"
            raise InfrastructureError(message)
        ended = self._supervision.ended
        words = dying_words(launch.console_path(self._run))
        if ended is None and not words:
            return
        what = words or f"QEMU ended with status {ended}"
        parts = [f"“{self._about.name}” is dead: {what}", self._supervision.log_tail(), *self.console_tail(20)]
        kind = PanicError if words else InfrastructureError
        raise kind("\n".join(part for part in parts if part), "run the command again")

    def boots(self) -> int:
        """How often the system has said that it is up."""
        return boots(launch.console_path(self._run))

    def console_tail(self, lines: int) -> tuple[str, ...]:
        """The last *lines* of the serial console."""
        return tail(launch.console_path(self._run), lines)

    def port(self, guest: int) -> int:
        """The host's port that leads to port *guest*."""
        if guest not in self._forwards:
            self._forwards[guest] = add_forward(self._qmp(), guest)
        return self._forwards[guest]

    def checkpoint(self, directory: Path) -> None:
        """Keep memory and disk in *directory* and go on."""
        following = Layer(launch.layer_path(self._run, self._number + 1), f"{launch.DISK_NODE}-{self._number + 1}")
        try:
            saved.write(self._about, directory)
        except OSError as error:
            message = f"{directory}: {error.strerror}"
            raise InfrastructureError(message) from error
        lock = shared_lock(directory / saved.LOCK)
        try:
            freezing.freeze(self._qmp(), directory, self._layer, following)
        except BaseException:
            saved.forget(directory)
            os.close(lock)
            raise
        # from here on the disk stands on the directory, whatever becomes of the rest
        self._locks.append(lock)
        self._about = replace(self._about, layers=(*self._about.layers, str(directory)))
        self._number, self._layer = self._number + 1, following

    def tags(self) -> tuple[str, ...]:
        """What has been saved on the disk since the last checkpoint."""
        nodes = self._qmp().execute("query-named-block-nodes", {"flat": True})
        disk = next(node for node in nodes if node.get("node-name") == self._layer.node)
        return tuple(snapshot["name"] for snapshot in disk["image"].get("snapshots", ()))

    def save(self, tag: str) -> None:
        """Write memory and disk to the disk; what *tag* held before is replaced."""
        nodes = {"devices": [self._layer.node], "tag": tag}
        if tag in self.tags():
            self._qmp().job("snapshot-delete", nodes, timeout=_JOB_SECONDS)
        self._qmp().job("snapshot-save", {**nodes, "vmstate": self._layer.node}, timeout=_JOB_SECONDS)

    def load(self, tag: str) -> None:
        """Go back to what *tag* holds."""
        if tag not in self.tags():
            message = f"nothing is saved under “{tag}”"
            raise InfrastructureError(message)
        arguments = {"devices": [self._layer.node], "vmstate": self._layer.node, "tag": tag}
        self._qmp().job("snapshot-load", arguments, timeout=_JOB_SECONDS)

    def _launch(self, wanted: dict[int, int], memory: Path | None) -> None:
        self._layer = replace(self._layer, node=launch.DISK_NODE)
        self._supervision.launch(self._plan.command(wanted, self._layer.path, memory))
        try:
            self._control = Control(launch.control_path(self._run))
            self._await_running()
            self._forwards = forwards(self._control)
        except InfrastructureError as error:
            self._hang_up()
            self._supervision.kill()
            message = f"QEMU did not start: {self._supervision.log_tail() or error}"
            raise InfrastructureError(message) from error

    def _await_running(self) -> None:
        """A memory takes a moment to be read; QEMU ends where it does not fit."""
        until = time.monotonic() + _WAKE_SECONDS
        while not (status := self._qmp().execute("query-status"))["running"]:
            if status["status"] == "paused":  # as it was while it was kept
                self._qmp().execute("cont")
                continue
            if time.monotonic() > until:
                message = f"the memory was not read within {_WAKE_SECONDS:.0f} s"
                raise InfrastructureError(message)
            time.sleep(0.02)

    def _hang_up(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None

    def _qmp(self) -> Control:
        self.check()
        if self._control is None:
            message = f"“{self._about.name}” is not running"
            raise InfrastructureError(message)
        return self._control
