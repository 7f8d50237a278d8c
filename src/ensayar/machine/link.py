"""Calls to the helper inside the machine, made good where the connection or the machine went away.

What comes in are the helper's commands (``guest/room.pl``); what goes out are its answers. The helper
lives in ``/run``, so it is written again after each boot.
"""

from __future__ import annotations

import io
import shlex
import tarfile
import time
from importlib import resources
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError
from ensayar.machine.ssh import Answer, Connection, ConnectionLost, has_banner

if TYPE_CHECKING:
    from collections.abc import Callable

_HELPERS = ("background.bash", "room.pl", "terminal.bash")
_BASE = "/run/ensayar"
_GRACE = 60.0
_INSTALL = (
    f"mkdir -p {_BASE} && tar -C {_BASE} -xf - && "
    'printf "\\n@@ensayar %s\\n" "$(cat /proc/sys/kernel/random/boot_id)" >&2'
)


class Restarted(Exception):  # noqa: N818 (it says what happened, and never reaches a user)
    """The machine has booted since the call began."""


class Link:
    """What the machine's methods talk through."""

    def __init__(self, connection: Connection, check: Callable[[], None]) -> None:
        """*check* raises :class:`InfrastructureError` where the machine is known to be dead."""
        self._connection = connection
        self._check = check
        self._port = 0
        self.boot_id = ""

    @property
    def connection(self) -> Connection:
        """The connection below."""
        return self._connection

    def wait(self, port: int, *, timeout: float, new_boot: bool = False) -> None:
        """Return when the machine behind *port* lets us in and has the helper.

        With *new_boot*, only when its boot id is another than the last one known.
        """
        self._port = port
        self._connection.aim(port)
        known = self.boot_id if new_boot else None
        until = time.monotonic() + timeout
        said = "no ssh server answers"
        while time.monotonic() < until:
            self._check()
            if not has_banner(port):
                time.sleep(0.1)
                continue
            try:
                self._connection.open(min(60.0, max(10.0, until - time.monotonic())))
                found = self._install()
            except ConnectionLost as error:
                said = str(error)
                time.sleep(0.2)
                continue
            if found != known:
                self.boot_id = found
                return
            self._connection.close()
            said = "it has not restarted"
            time.sleep(0.3)
        self._check()
        message = f"the machine was not ready within {timeout:.0f} s: {said}"
        raise InfrastructureError(message, "look at its console; on a busy computer, try again")

    def call(
        self,
        *words: str,
        stdin: bytes = b"",
        timeout: float,
        on_output: Callable[[bytes], None] | None = None,
    ) -> Answer:
        """The helper's answer to *words*, asked once: :class:`ConnectionLost` where it does not come.

        *timeout* is what the helper may take; the connection gets a grace on top of it.
        """
        command = shlex.join(["perl", f"{_BASE}/room.pl", *words])
        return self._connection.call(command, stdin=stdin, timeout=timeout + _GRACE, on_output=on_output)

    def insist(self, *words: str, stdin: bytes = b"", timeout: float) -> Answer:
        """As :meth:`call` for what may be asked twice: connects again where the connection is lost."""
        try:
            return self.call(*words, stdin=stdin, timeout=timeout)
        except ConnectionLost:
            self.recover()
        try:
            return self.call(*words, stdin=stdin, timeout=timeout)
        except ConnectionLost as error:
            self._check()
            message = f"the connection to the machine was lost twice: {error}"
            raise InfrastructureError(message) from error

    def recover(self, *, timeout: float = 120.0) -> None:
        """Connect again; :class:`Restarted` where the machine has booted meanwhile."""
        known = self.boot_id
        self.wait(self._port, timeout=timeout)
        if self.boot_id != known:
            found, self.boot_id = self.boot_id, known
            raise Restarted(found)

    def _install(self) -> str:
        answer = self._connection.call(_INSTALL, stdin=_helpers(), timeout=_GRACE)
        return answer.result


def _helpers() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in _HELPERS:
            content = resources.files("ensayar.machine").joinpath("guest", name).read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
