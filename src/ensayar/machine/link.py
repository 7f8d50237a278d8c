"""Calls to the helper inside the machine, made good where the connection or the machine went away.

What comes in are the helper's commands (``guest/room.pl``); what goes out are its answers. The helper
lives in ``/run``, so it is written again after each boot.
"""

from __future__ import annotations

import hashlib
import io
import shlex
import tarfile
import time
from importlib import resources
from typing import TYPE_CHECKING, Protocol

from ensayar.errors import InfrastructureError
from ensayar.machine.ssh import Answer, Connection, ConnectionLost

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


class Witness(Protocol):
    """Who sees the machine from outside."""

    def check(self) -> None:
        """Raise :class:`InfrastructureError` where the machine is known to be dead."""

    def boots(self) -> int:
        """How often the machine has said that it is up."""


class Link:
    """What the machine's methods talk through."""

    def __init__(self, connection: Connection, witness: Witness) -> None:
        self._connection = connection
        self._witness = witness
        self.boot_id = ""
        self._boots = 0

    @property
    def connection(self) -> Connection:
        """The connection below."""
        return self._connection

    def wait_for_boot(self, *, timeout: float) -> None:
        """Return when the machine is up again since it was last connected to."""
        started = time.monotonic()
        while self._witness.boots() <= self._boots:
            self._witness.check()
            if time.monotonic() - started > timeout:
                message = f"the machine was not up within {timeout:.0f} s"
                raise InfrastructureError(message, "look at its console; on a busy computer, try again")
            time.sleep(0.05)
        self.connect(timeout=max(30.0, timeout - (time.monotonic() - started)))

    def connect(self, *, timeout: float) -> None:
        """Return when the machine has let us in and has the helper."""
        until = time.monotonic() + timeout
        while True:
            self._witness.check()
            try:
                self._connection.open(max(10.0, until - time.monotonic()), self._turned())
                answer = self._connection.call(_INSTALL, stdin=_helpers(), timeout=_GRACE)
            except ConnectionLost as error:
                if time.monotonic() > until:
                    self._witness.check()
                    message = f"no connection to the machine within {timeout:.0f} s: {error}"
                    raise InfrastructureError(message, "on a busy computer, try again") from error
                time.sleep(0.5)
            else:
                self.boot_id, self._boots = answer.result, self._witness.boots()
                return

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
            pass
        try:
            self.recover()
            return self.call(*words, stdin=stdin, timeout=timeout)
        except Restarted:
            message = f"the machine restarted during “{words[0]}”"
            raise InfrastructureError(message) from None
        except ConnectionLost as error:
            self._witness.check()
            message = f"the connection to the machine was lost twice: {error}"
            raise InfrastructureError(message) from error

    def recover(self, *, timeout: float = 120.0) -> None:
        """Connect again; :class:`Restarted` where the machine has booted meanwhile."""
        boot_id, boots = self.boot_id, self._boots
        self.connect(timeout=timeout)
        if self.boot_id != boot_id:
            self._boots = boots  # for wait_for_boot to see that it has happened
            raise Restarted

    def _turned(self) -> Callable[[], bool]:
        # A system on its way down may still greet, and then leave us hanging until the next one is up.
        before = self._witness.boots()
        return lambda: self._witness.boots() != before


def _helpers() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in _HELPERS:
            content = resources.files("ensayar.machine").joinpath("guest", name).read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def helpers_digest() -> str:
    """Of the helpers: a terminal that was opened by one is not to be driven by another."""
    return hashlib.sha256(_helpers()).hexdigest()
