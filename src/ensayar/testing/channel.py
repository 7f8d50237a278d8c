"""One open session of ssh through which checks run their commands, each in a shell of its own.

What comes in is the command line that reaches a machine; what goes out is what each command did. To start a session
of ssh for each of them, even in an open connection, is most of what a check costs under emulation.
"""

from __future__ import annotations

import contextlib
import shlex
import struct
import subprocess
import threading
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_ACCEPTED, _RESULT = b"a", b"r"
_HEAD = struct.Struct(">III")
_LENGTH = struct.Struct(">I")


class ChannelLost(Exception):  # noqa: N818 (it says what happened, and never reaches a user)
    """The session ended. Where *begun*, the command may have run."""

    def __init__(self, message: str, *, begun: bool) -> None:
        super().__init__(message)
        self.begun = begun


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command did."""

    exit_status: int
    """As a shell tells it: 128 and the signal's number where it was killed."""
    stdout: bytes
    """All of it."""
    stderr: bytes
    """All of it."""


class Channel:
    """A session that runs one command at a time."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """Start it; *arguments* reach the machine, and take one more: what to run there."""
        program = (files("ensayar.testing") / "guest" / "shells.pl").read_text(encoding="utf-8")
        self._process = subprocess.Popen(
            [*arguments, f"exec {shlex.join(['perl', '-e', program])}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the parent
        )

    def run(self, command: bytes) -> Answer:
        """What *command* does. It is not to be used any more after any exception.

        :raises ChannelLost: the session has ended before the command did.
        """
        begun = False
        try:
            self._send(_LENGTH.pack(len(command)) + command)
            self._expect(_ACCEPTED)
            begun = True
            self._expect(_RESULT)
            exit_status, out, err = _HEAD.unpack(self._receive(_HEAD.size))
            return Answer(exit_status, self._receive(out), self._receive(err))
        except (OSError, EOFError) as error:
            said = self._last_words()
            self.close()
            raise ChannelLost(said or str(error), begun=begun) from error

    def close(self) -> None:
        """End it; may be called again. A command that runs in it goes on, as after a lost connection."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream:
                with contextlib.suppress(OSError):  # what was not flushed has no reader
                    stream.close()

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101  (for the type checker)
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def _expect(self, mark: bytes) -> None:
        if (seen := self._receive(1)) != mark:
            message = f"{seen!r} came where {mark!r} was expected"
            raise OSError(message)

    def _receive(self, size: int) -> bytes:
        assert self._process.stdout is not None  # noqa: S101  (for the type checker)
        data = self._process.stdout.read(size)
        if len(data) < size:
            message = "the session ended"
            raise EOFError(message)
        return data

    def _last_words(self) -> str:
        self._process.terminate()  # it ends by itself, unless it is the answer that made no sense
        _, said = self._process.communicate()
        return said.decode(errors="replace").strip()


class Channels:
    """The sessions to one machine: more than one where checks run commands side by side."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """None yet; *arguments* as for :class:`Channel`."""
        self._arguments = tuple(arguments)
        self._idle: list[Channel] = []
        self._lock = threading.Lock()

    def run(self, command: bytes) -> Answer:
        """What *command* does, in a session that is open already, or in a new one.

        :raises ChannelLost: the connection was lost while it ran, or there is none to be had.
        """
        while (channel := self._open()) is not None:
            try:
                return self._run(channel, command)
            except ChannelLost as error:
                if error.begun:
                    raise
                # what was open before a restart, or was left alone for long, is closed now: not the command's fault
        return self._run(Channel(self._arguments), command)

    def close(self) -> None:
        """End all that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        for channel in idle:
            channel.close()

    def _open(self) -> Channel | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _run(self, channel: Channel, command: bytes) -> Answer:
        try:
            answer = channel.run(command)
        except BaseException:  # a time limit, Ctrl-C: the answer will still come, to nobody
            channel.close()
            raise
        with self._lock:
            self._idle.append(channel)
        return answer
