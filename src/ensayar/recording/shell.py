"""A login shell on a terminal of its own, driven as a person drives it: a line, Enter, and what the screen says."""

from __future__ import annotations

import contextlib
import os
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pexpect

from ensayar.errors import InfrastructureError
from ensayar.machine.protocol import Outcome
from ensayar.recording.tape import COLUMNS, ROWS, TERM
from ensayar.screen import terminal_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LOGIN_SECONDS = 120.0
INTERRUPT_SECONDS = 30.0
_READ_SECONDS = 0.5
_SIGN = 6973
"""Of ours in an operating system command (OSC), which terminals ignore where they do not know it (ECMA-48, 8.3.89)."""
_SIGNS = re.compile(rf"\x1b\]{_SIGN};[^\x07]*\x07")
_STATUS = re.compile(rf"\x1b\]{_SIGN};status=(\d+)\x07")
_READY = f"\x1b]{_SIGN};ready\x07"
_UNFINISHED = re.compile(rf"(?:\x1b(?:\](?:{_SIGN};[^\x07]*|\d{{0,4}}))?)?$")
_BEGUN = "\x1b[?2004l\r"
"""What bash prints between Enter and the first word of a command: it takes no pastes meanwhile (xterm, mode 2004)."""
_PASTE, _PASTED = "\x1b[200~", "\x1b[201~"
"""What a terminal puts around a paste, because bash has asked for that (the same mode)."""
_MODES = re.compile(r"\x1b(?:\[\?[0-9;]*[hl]|[=>])")
"""How the keyboard and the screen are to behave, as a pager sets it; nothing of it is to be seen (xterm, DECSET)."""
# The prompts stay as they are, with a sign at their end; before a prompt, and only there, how the last command ended.
_SIGNPOSTS = (
    rf"""PROMPT_COMMAND='printf "\033]{_SIGN};status=%s\007" $?'; """
    rf"""PS1="$PS1"'\[\033]{_SIGN};ready\007\]' PS2="$PS2"'\[\033]{_SIGN};ready\007\]'"""
)


class Shell:
    """A shell that waits at its prompt, or runs what it was given."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """Log in by the command line *arguments*.

        :raises InfrastructureError: there is no prompt.
        """
        command, *rest = arguments
        self._process = pexpect.spawn(
            command,
            rest,
            env={**os.environ, "TERM": TERM},
            dimensions=(ROWS, COLUMNS),
            encoding="utf-8",
            codec_errors="replace",
        )
        self._process.delaybeforesend = None
        self._seen = self._unshown = ""
        self._on_text: Callable[[str], None] = lambda _text: None
        try:
            self._until(lambda: self._seen.endswith(("$ ", "# ")), LOGIN_SECONDS)
            self._send(_SIGNPOSTS)
            self._until(self._at_prompt, LOGIN_SECONDS)
        except TimeoutError as error:
            self.close()
            message = f"no prompt on the terminal: {self._seen[-500:]!r}"
            raise InfrastructureError(message) from error

    def listen(self, on_text: Callable[[str], None]) -> None:
        """From now on *on_text* gets what the terminal shows."""
        self._on_text = on_text

    def run(self, command: str, *, timeout: float) -> Outcome:
        """Type *command*, and wait until the shell asks for the next one.

        What it prints to the terminal is its output, as the screen leaves it. A command that is not done within
        *timeout* seconds is interrupted, and has no exit status.
        """
        return self._outcome(lambda until: self._type(command, until), timeout)

    def paste(self, text: str, *, timeout: float) -> Outcome:
        """Like :meth:`run` for what comes from the clipboard: all its lines at once, and Enter."""
        outcome = self._outcome(lambda _until: self._send(f"{_PASTE}{text}{_PASTED}"), timeout)
        return replace(outcome, output=outcome.output.removeprefix("\n"))  # that of Enter: bash draws the paste anew

    def start(self, command: str) -> None:
        """Type *command*, and leave it running."""
        self._type(command, time.monotonic() + LOGIN_SECONDS)

    def look(self, seconds: float = 0.0) -> str:
        """What the last command has printed, after waiting *seconds* for more."""
        until = time.monotonic() + seconds
        while self._read(max(0.0, min(_READ_SECONDS, until - time.monotonic()))) or time.monotonic() < until:
            pass
        return self.printed()

    def interrupt(self) -> None:
        """Press Ctrl-C and wait for the prompt.

        :raises TimeoutError: it does not come.
        """
        self._process.send("\x03")
        self._until(self._at_prompt, INTERRUPT_SECONDS)

    def printed(self) -> str:
        """What the last command has printed, as the screen leaves it."""
        _typed, _, after = self._seen.partition(_BEGUN)
        status = _STATUS.search(after)
        text = _SIGNS.sub("", after[: status.start()] if status else after)
        return "\n".join(terminal_lines(_MODES.sub("", text)))

    def close(self) -> None:
        """Hang up."""
        self._process.close(force=True)

    def _outcome(self, type_in: Callable[[float], None], timeout: float) -> Outcome:
        started = time.monotonic()
        try:
            type_in(started + timeout)
            self._until(self._at_prompt, started + timeout - time.monotonic())
        except TimeoutError:
            with contextlib.suppress(TimeoutError):  # what Ctrl-C does not end is out of time all the same
                self.interrupt()
            return Outcome(None, self.printed(), time.monotonic() - started)
        statuses = _STATUS.findall(self._seen)
        return Outcome(int(statuses[-1]), self.printed(), time.monotonic() - started)

    def _type(self, command: str, until: float) -> None:
        *most, last = command.split("\n")
        for line in most:
            self._send(line)
            self._until(lambda: _READY in self._seen, until - time.monotonic())
        self._send(last)

    def _send(self, line: str) -> None:
        self._seen = ""
        self._process.send(f"{line}\r")

    def _at_prompt(self) -> bool:
        status = _STATUS.search(self._seen)
        return status is not None and _READY in self._seen[status.end() :]

    def prompt(self) -> str:
        """The prompt as it stands there."""
        status = [match.end() for match in _STATUS.finditer(self._seen)][-1]
        return _SIGNS.sub("", self._seen[status:])

    def _until(self, done: Callable[[], object], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not done():
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._read(min(left, _READ_SECONDS))

    def _read(self, seconds: float) -> bool:
        """Take what comes within *seconds*; whether something came.

        :raises InfrastructureError: the terminal is gone.
        """
        try:
            piece = self._process.read_nonblocking(65536, seconds)
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF as error:
            message = f"the terminal is gone: {self._seen[-500:]!r}"
            raise InfrastructureError(message) from error
        self._seen += piece
        self._unshown += piece
        # a sign may come in two pieces
        complete = len(self._unshown) - len(_UNFINISHED.search(self._unshown)[0])  # type: ignore[index]  # it always does
        shown, self._unshown = self._unshown[:complete], self._unshown[complete:]
        if text := _SIGNS.sub("", shown):
            self._on_text(text)
        return True
