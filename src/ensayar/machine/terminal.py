"""Terminals and background commands: the host's half of what ``guest/terminal.bash`` does.

The shell lives in the machine and every command has a token there; a lost connection is opened again and
the output goes on from where it was.
"""

from __future__ import annotations

import codecs
import secrets
import time
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError
from ensayar.machine.link import Link, Restarted
from ensayar.machine.protocol import OnOutput, Outcome
from ensayar.machine.ssh import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Callable

_INTERRUPT_SECONDS = 30.0


class GuestTerminal:
    """A login shell of one user; opened in the machine by the first command, and again after it ended."""

    def __init__(self, link: Link, user: str) -> None:
        self._link = link
        self._user = user

    def run(self, command: str, *, timeout: float, on_output: OnOutput | None = None) -> Outcome:
        """Run *command* in the shell itself.

        A login that is refused and a command that ends the shell (``exit 3``) are outcomes with that
        status. A command during which the machine restarts has the status 0.
        """
        token = secrets.token_hex(6)
        collector = Collector(on_output)
        started = time.monotonic()
        while True:
            left = timeout - (time.monotonic() - started)
            words = ("terminal", self._user, token, str(collector.size), f"{max(left, 0.1):.2f}")
            try:
                answer = self._link.call(
                    *words, stdin=command.encode(), timeout=max(left, 0.1), on_output=collector.add
                )
                result = answer.result
                break
            except ConnectionLost as lost:
                try:
                    self._link.recover()
                except Restarted:
                    result = "exit 0"
                    break
                if time.monotonic() - started > timeout + _INTERRUPT_SECONDS:
                    message = f"the connection to the machine keeps breaking: {lost}"
                    raise InfrastructureError(message) from lost
        return Outcome(exit_status(result), collector.text(), time.monotonic() - started)


class GuestBackground:
    """A command that goes on in a login shell of its own."""

    def __init__(self, link: Link, name: str) -> None:
        """One that was started before; *name* is its id."""
        self._link = link
        self._id = name

    @classmethod
    def start(cls, link: Link, user: str, command: str, directory: str | None) -> GuestBackground:
        """Start *command* in a fresh login shell of *user*."""
        name = secrets.token_hex(6)
        words = ("background", name, user, directory or "")
        expect(link.insist(*words, stdin=command.encode(), timeout=60).result)
        return cls(link, name)

    @property
    def id(self) -> str:
        """What the machine calls it."""
        return self._id

    def output(self) -> str:
        """All that it has printed so far."""
        answer = self._link.insist("get", f"/run/ensayar/background/{self._id}/out", timeout=30)
        if answer.result == "missing":
            message = "a background command is gone: the machine restarted"
            raise InfrastructureError(message)
        expect(answer.result)
        return answer.output.decode(errors="replace")

    def interrupt(self) -> None:
        """Press Ctrl-C and wait until it ends; one that does not is killed after 30 s: :class:`TimeoutError`."""
        answer = self._link.insist("interrupt", self._id, str(_INTERRUPT_SECONDS), timeout=_INTERRUPT_SECONDS)
        if answer.result == "timeout":
            message = f"it did not end within {_INTERRUPT_SECONDS:.0f} s of Ctrl-C"
            raise TimeoutError(message)
        expect(answer.result)


class Collector:
    """Bytes that arrive in pieces, as text; a character split between two pieces stays whole."""

    def __init__(self, on_output: OnOutput | None) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._on_output: Callable[[str], None] | None = on_output
        self._pieces: list[str] = []
        self.size = 0

    def add(self, data: bytes) -> None:
        """Take the next piece."""
        self.size += len(data)
        self._take(self._decoder.decode(data))

    def text(self) -> str:
        """All of it; nothing may be added afterwards."""
        self._take(self._decoder.decode(b"", final=True))
        return "".join(self._pieces)

    def _take(self, piece: str) -> None:
        if piece:
            self._pieces.append(piece)
            if self._on_output:
                self._on_output(piece)


def exit_status(result: str) -> int | None:
    """The status in the helper's *result*; ``None`` for a time-out."""
    word, _, number = result.partition(" ")
    if word == "timeout":
        return None
    if word != "exit":
        message = f"the helper in the machine said “{result}”"
        raise InfrastructureError(message)
    return int(number)


def expect(result: str) -> None:
    """Raise :class:`InfrastructureError` unless the helper says that all went well."""
    if exit_status(result) != 0:
        message = f"the helper in the machine said “{result}”"
        raise InfrastructureError(message)
