"""The parent's side of the keeper: start it, have it launch and kill QEMU, know when QEMU has ended."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError
from ensayar.machine.keeper import LOG_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ensayar.machine.rundir import RunDirectory

_GOODBYE_SECONDS = 30.0
_REMEDY = "run the command again"


class Supervision:
    """A keeper that is running; use from one thread at a time."""

    def __init__(self, run: RunDirectory, locks: Sequence[int]) -> None:
        """Start a keeper for *run* that also holds the file descriptors *locks* until it ends."""
        self._run = run
        self._changed = threading.Condition()
        self._ended: int | None = None
        self._pid: int | None = None
        self._failure = ""
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "ensayar.machine.keeper"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(run.lock, *locks),
            start_new_session=True,
            text=True,
        )
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        self._order({"keep": [str(run.path), str(run.sockets)]})

    @property
    def pid(self) -> int | None:
        """QEMU's process id."""
        return self._pid

    @property
    def ended(self) -> int | None:
        """The status with which QEMU ended; ``None`` while it runs."""
        return self._ended

    def launch(self, command: Sequence[str]) -> None:
        """Start QEMU; :class:`InfrastructureError` where that is not possible."""
        with self._changed:
            self._pid = self._ended = None
            self._failure = ""
            self._order({"launch": list(command)})
            self._changed.wait_for(lambda: self._pid or self._failure, timeout=_GOODBYE_SECONDS)
        if not self._pid:
            message = f"QEMU did not start: {self._failure or 'its keeper does not answer'}"
            raise InfrastructureError(message)

    def kill(self) -> None:
        """End QEMU at once, as if its plug were pulled, and wait until it is gone."""
        with self._changed:
            if self._pid is None or self._ended is not None:
                return
            self._order({"kill": True})
            if not self._changed.wait_for(lambda: self._ended is not None, timeout=_GOODBYE_SECONDS):
                message = f"QEMU (process {self._pid}) cannot be killed"
                raise InfrastructureError(message)

    def wait(self, timeout: float) -> int | None:
        """QEMU's exit status when it ends within *timeout* seconds, else ``None``."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended is not None, timeout=timeout)
        return self._ended

    def close(self) -> None:
        """Have the keeper kill what runs and remove the directories; return when it has ended."""
        if self._keeper.stdin and not self._keeper.stdin.closed:
            with contextlib.suppress(OSError):  # it is gone already
                self._keeper.stdin.close()
        try:
            self._keeper.wait(_GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        self._reader.join()
        if self._keeper.stdout:
            self._keeper.stdout.close()

    def log_tail(self, lines: int = 10) -> str:
        """The last lines that QEMU itself printed."""
        try:
            text = (self._run.path / LOG_FILE).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def _order(self, order: dict[str, object]) -> None:
        try:
            assert self._keeper.stdin is not None  # noqa: S101 (for the type checker: it is a pipe)
            self._keeper.stdin.write(json.dumps(order) + "\n")
            self._keeper.stdin.flush()
        except (OSError, ValueError) as error:
            message = "the keeper of the virtual machine has ended"
            raise InfrastructureError(message, "run the command again") from error

    def _listen(self) -> None:
        assert self._keeper.stdout is not None  # noqa: S101 (for the type checker: it is a pipe)
        for line in self._keeper.stdout:
            said = json.loads(line)
            with self._changed:
                if "launched" in said:
                    self._pid = said["launched"]
                elif "ended" in said:
                    self._ended = said["ended"]
                elif "failed" in said:
                    self._failure = said["failed"]
                self._changed.notify_all()
        with self._changed:  # the keeper ended, and QEMU with it
            if self._ended is None:
                self._ended = -9
            self._failure = self._failure or "its keeper ended"
            self._changed.notify_all()


def shared_lock(path: os.PathLike[str]) -> int:
    """A file descriptor with a shared flock on *path*; closing it gives the lock up.

    :class:`InfrastructureError` where the file is gone, or goes while it is waited for.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise InfrastructureError(message, _REMEDY) from error
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    if not os.fstat(descriptor).st_nlink:
        os.close(descriptor)
        message = f"{path}: another process has removed it"
        raise InfrastructureError(message, _REMEDY)
    return descriptor
