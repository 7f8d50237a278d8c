"""The machine from outside: QEMU, its keeper, its disk, its console. Nothing here talks to the system inside."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError
from ensayar.machine import credentials, launch, saved
from ensayar.machine.console import boots, dying_words, tail
from ensayar.machine.qmp import Control
from ensayar.machine.supervision import Supervision, shared_lock
from ensayar.machine.usernet import add_forward, forwards

if TYPE_CHECKING:
    from ensayar.machine.accelerator import Accelerator
    from ensayar.machine.rundir import RunDirectory

SSH_PORT = 22
_JOB_SECONDS = 300.0


class Power:
    """One virtual computer, switched on or off."""

    def __init__(self, about: saved.Saved, run: RunDirectory, chosen: Accelerator) -> None:
        """Take over *run*, with the disk in it; the computer is off."""
        self._about = about
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
        self._image_lock = shared_lock(base / "lock")
        self._supervision = Supervision(run, [self._image_lock])
        self._control: Control | None = None
        self._forwards: dict[int, int] = {SSH_PORT: 0}
        self._over = False

    @property
    def over(self) -> bool:
        """Whether it has been ended for good."""
        return self._over

    def on(self, tag: str | None = None) -> None:
        """Switch on; with *tag*, into that saved state."""
        try:
            self._launch(self._forwards, tag)
        except InfrastructureError:
            if not any(self._forwards.values()):
                raise
            # After a power cut: another program may have taken a port meanwhile.
            self._launch(dict.fromkeys(self._forwards, 0), tag)

    def cut(self) -> None:
        """Pull the plug."""
        self._hang_up()
        self._supervision.kill()

    def end(self, keep_disk: Path | None = None) -> None:
        """Pull the plug and remove everything; with *keep_disk*, the disk moves there before."""
        if self._over:
            return
        try:
            if keep_disk is not None:
                self._keep(keep_disk)
        finally:
            self._over = True
            self._hang_up()
            self._supervision.close()
            self._run.remove()
            os.close(self._image_lock)

    def check(self) -> None:
        """Raise :class:`InfrastructureError` where the machine is known to be dead."""
        if self._over:
            message = f"“{self._about.name}” has been stopped"
            raise InfrastructureError(message)
        ended = self._supervision.ended
        words = dying_words(launch.console_path(self._run))
        if ended is None and not words:
            return
        what = words or f"QEMU ended with status {ended}"
        parts = [f"“{self._about.name}” is dead: {what}", self._supervision.log_tail(), *self.console_tail(20)]
        raise InfrastructureError("\n".join(part for part in parts if part), "run the command again")

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

    def tags(self) -> tuple[str, ...]:
        """What has been saved on the disk."""
        nodes = self._qmp().execute("query-named-block-nodes", {"flat": True})
        disk = next(node for node in nodes if node.get("node-name") == launch.DISK_NODE)
        return tuple(snapshot["name"] for snapshot in disk["image"].get("snapshots", ()))

    def save(self, tag: str) -> None:
        """Write memory and disk to the disk; what *tag* held before is replaced."""
        nodes = {"devices": [launch.DISK_NODE], "tag": tag}
        if tag in self.tags():
            self._qmp().job("snapshot-delete", nodes, timeout=_JOB_SECONDS)
        self._qmp().job("snapshot-save", {**nodes, "vmstate": launch.DISK_NODE}, timeout=_JOB_SECONDS)

    def load(self, tag: str) -> None:
        """Go back to what *tag* holds."""
        if tag not in self.tags():
            message = f"nothing is saved under “{tag}”"
            raise InfrastructureError(message)
        arguments = {"devices": [launch.DISK_NODE], "vmstate": launch.DISK_NODE, "tag": tag}
        self._qmp().job("snapshot-load", arguments, timeout=_JOB_SECONDS)

    def _keep(self, target: Path) -> None:
        control = self._qmp()
        with contextlib.suppress(InfrastructureError):  # QEMU may be gone before it has answered
            control.execute("quit")
        if self._supervision.wait(60) is None:
            message = "QEMU does not end"
            raise InfrastructureError(message)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(launch.disk_path(self._run), target)
        saved.write(self._about, target)

    def _launch(self, wanted: dict[int, int], tag: str | None) -> None:
        self._supervision.launch(self._plan.command(wanted, tag))
        try:
            self._control = Control(launch.control_path(self._run))
            self._forwards = forwards(self._control)
        except InfrastructureError as error:
            self._hang_up()
            self._supervision.kill()
            message = f"QEMU did not start: {self._supervision.log_tail() or error}"
            raise InfrastructureError(message) from error

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
