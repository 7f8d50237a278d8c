"""A machine for tests that is this computer itself: real shells and real files below one directory.

It satisfies the ``Machine`` Protocol as far as the core asks, and pretends nothing beyond: users are not changed (a
terminal of *user* is a shell with ``USER`` set), a path is a path of this computer (articles of the tests write below
``$HOME`` of the shells), to restart means that every shell ends and that the command has changed the file ``boot``.
``facts`` name ``tcg`` because the schema of evidence knows real accelerators only.

To save copies the files and notes each shell's working directory and variables; to restore brings the files back and
opens new shells that have both again. Jobs, functions and options of a shell are not kept, and a background command
does not run again: what it had printed by then is all that its handle still has. A real machine keeps all of it.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003  (a field's type)

from ensayar.errors import InfrastructureError
from ensayar.machine.protocol import Adaptation, MachineFacts, OnOutput, Outcome

LOOP = 'while IFS= read -r -d "" COMMAND <&5; do eval "$COMMAND" > "$0" 2>&1 5<&- 6>&-; echo "$?" >&6; done'
PAUSE = 0.01


def _kill(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are none of the numbers that the shell uses for its own."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]


class LocalTerminal:
    """A shell that keeps its state."""

    def __init__(self, machine: LocalMachine, user: str) -> None:
        self.machine = machine
        self.user = user
        self.output = machine.scratch / f"{user}.out"
        self.process: subprocess.Popen[bytes] | None = None

    def open(self) -> subprocess.Popen[bytes]:
        commands, self.write_end = _pipe()
        self.read_end, status = _pipe()
        prelude = f"exec 5<&{commands} 6>&{status} {commands}<&- {status}>&-; cd; {LOOP}"
        self.process = subprocess.Popen(
            ["bash", "-c", prelude, str(self.output)],
            stdin=subprocess.DEVNULL,
            env=self.machine.environment(self.user),
            pass_fds=(commands, status),
            start_new_session=True,
        )
        os.close(commands)
        os.close(status)
        return self.process

    def run(self, command: str, *, timeout: float, on_output: OnOutput | None = None) -> Outcome:
        if "machine down" in command:
            message = "the machine is gone"
            raise InfrastructureError(message, "plug it in")
        process = self.process or self.open()
        self.machine.log.append(command)
        self.output.write_bytes(b"")
        started = time.monotonic()
        os.write(self.write_end, command.encode() + b"\0")
        os.set_blocking(self.read_end, False)
        told = 0
        status: int | None = None
        while time.monotonic() - started < timeout:
            text = self.output.read_text(encoding="utf-8", errors="replace")
            if on_output and text[told:]:
                on_output(text[told:])
                told = len(text)
            try:
                answer = os.read(self.read_end, 16)
            except BlockingIOError:
                time.sleep(PAUSE)
                continue
            status = int(answer) if answer else process.wait()
            if not answer:
                self.close()
            break
        else:
            self.close()
        text = self.output.read_text(encoding="utf-8", errors="replace")
        if on_output and text[told:]:
            on_output(text[told:])
        return Outcome(status, text, time.monotonic() - started)

    def state(self) -> str:
        """Commands that bring the working directory and the variables back."""
        told = self.run('printf "cd %q\\n" "$PWD"; declare -p', timeout=10).output
        return "\n".join(line for line in told.splitlines() if not re.match(r"declare -[a-zA-Z]*[raA]", line))

    def close(self) -> None:
        if self.process is not None:
            _kill(self.process, signal.SIGKILL)
            self.process.wait()
            os.close(self.write_end)
            os.close(self.read_end)
            self.process = None


class LocalBackground:
    """A command in a session of its own."""

    def __init__(self, machine: LocalMachine, user: str, command: str, directory: str | None) -> None:
        self.id = f"background-{len(machine.backgrounds)}"
        self.path = machine.scratch / self.id
        with self.path.open("wb") as stream:
            self.process = subprocess.Popen(
                ["bash", "-c", command],
                cwd=directory or machine.root,
                env=machine.environment(user),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def output(self) -> str:
        return self.path.read_text(encoding="utf-8", errors="replace")

    def interrupt(self) -> None:
        _kill(self.process, signal.SIGINT)
        self.process.wait(timeout=10)

    def close(self) -> None:
        _kill(self.process, signal.SIGKILL)
        self.process.wait()


@dataclass
class LocalMachine:
    """All of it lies below *root* and *scratch*."""

    root: Path
    scratch: Path
    log: list[str] = field(default_factory=list)
    terminals: dict[str, LocalTerminal] = field(default_factory=dict)
    backgrounds: list[LocalBackground] = field(default_factory=list)
    stopped: int = 0
    states: dict[str, tuple[dict[str, str], dict[LocalBackground, str]]] = field(default_factory=dict)

    @classmethod
    def start(cls, directory: Path) -> LocalMachine:
        """A fresh one; everything it has goes below *directory*."""
        root, scratch = directory / "machine", directory / "machine-scratch"
        for path in (root, scratch):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True)
        (root / "boot").write_text("0\n", encoding="utf-8")
        return cls(root, scratch)

    def environment(self, user: str) -> dict[str, str]:
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.root), "USER": user, "LC_ALL": "C.UTF-8"}

    @property
    def facts(self) -> MachineFacts:
        lent = (Adaptation("proxy", "The computer itself was lent."),)
        return MachineFacts("local", "tcg", "debian-13", "0" * 64, os.cpu_count() or 1, 1, lent)

    def terminal(self, user: str) -> LocalTerminal:
        return self.terminals.setdefault(user, LocalTerminal(self, user))

    def background(self, user: str, command: str, *, directory: str | None = None) -> LocalBackground:
        self.log.append(command)
        self.backgrounds.append(LocalBackground(self, user, command, directory))
        return self.backgrounds[-1]

    def attach(self, background: str) -> LocalBackground:
        return next(each for each in self.backgrounds if each.id == background)

    def run(self, command: str, *, timeout: float = 60.0, stdin: bytes = b"") -> Outcome:
        started = time.monotonic()
        try:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=self.root,
                env=self.environment("root"),
                input=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            return Outcome(None, (error.stdout or b"").decode(errors="replace"), time.monotonic() - started)
        return Outcome(done.returncode, done.stdout.decode(errors="replace"), time.monotonic() - started)

    def put(self, content: bytes, path: str, *, owner: str, group: str, mode: int) -> None:
        pwd.getpwnam(owner)  # KeyError is a LookupError
        pwd.getpwnam(group)
        target = self.root / path.removeprefix("/")
        target.write_bytes(content)
        target.chmod(mode)

    def get(self, path: str) -> bytes:
        return (self.root / path.removeprefix("/")).read_bytes()

    def wait_for_reboot(self, *, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while (self.root / "boot").read_text(encoding="utf-8") == "0\n":
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(PAUSE)
        self.reboot()

    def reboot(self, *, timeout: float = 180.0) -> None:
        assert timeout > 0
        (self.root / "boot").write_text("0\n", encoding="utf-8")
        self._close()

    def power_cut(self, *, timeout: float = 180.0) -> None:
        self.reboot(timeout=timeout)

    def save(self, tag: str) -> None:
        self._let_speak()
        saved = self.scratch / f"saved-{tag}"
        shutil.rmtree(saved, ignore_errors=True)
        shutil.copytree(self.root, saved, symlinks=True)
        self.states[tag] = (
            {user: terminal.state() for user, terminal in self.terminals.items() if terminal.process is not None},
            {background: background.output() for background in self.backgrounds},
        )

    def restore(self, tag: str) -> None:
        if tag not in self.states:
            message = f"nothing is saved under “{tag}”"
            raise InfrastructureError(message)
        self._close()
        shutil.rmtree(self.root)
        shutil.copytree(self.scratch / f"saved-{tag}", self.root, symlinks=True)
        shells, printed = self.states[tag]
        for user, state in shells.items():
            self.terminal(user).run(f"{{ {state}\n}} 2>/dev/null", timeout=10)
        for background, output in printed.items():
            background.path.write_text(output, encoding="utf-8")

    def checkpoint(self, directory: Path) -> None:
        """What is below *root*; shells and processes are not kept: articles must not need them."""
        shutil.copytree(self.root, directory / "root", symlinks=True)

    @classmethod
    def resume(cls, kept: Path, directory: Path) -> LocalMachine:
        """One that goes on from *kept*, on a copy below *directory*."""
        made = cls.start(directory)
        shutil.rmtree(made.root)
        shutil.copytree(kept / "root", made.root, symlinks=True)
        return made

    def port(self, guest: int) -> int:
        return guest

    def ssh_arguments(self, user: str = "root") -> tuple[str, ...]:
        return ("env", f"--chdir={self.root}", f"USER={user}", "bash")

    def console_tail(self, lines: int = 20) -> tuple[str, ...]:
        return tuple(self.log[-lines:])

    def _let_speak(self) -> None:
        """A background command has a second to say its first word: once restored it says nothing more."""
        deadline = time.monotonic() + 1
        for background in self.backgrounds:
            while not background.output() and background.process.poll() is None and time.monotonic() < deadline:
                time.sleep(PAUSE)

    def _close(self) -> None:
        for terminal in self.terminals.values():
            terminal.close()
        self.terminals.clear()
        while self.backgrounds:
            self.backgrounds.pop().close()

    def stop(self) -> None:
        self.stopped += 1
        self._close()
