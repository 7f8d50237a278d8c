"""The way in: OpenSSH with a configuration of its own, keys of its own, and one connection for all.

A handshake costs seconds under emulation, a session of an open connection a tenth of one; so one client is
kept open as master and every command goes through it. The user's own configuration, agent and known hosts
are left out of it.
"""

from __future__ import annotations

import contextlib
import re
import selectors
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ensayar.machine.credentials import Keys

_CONFIG = """\
Host {name}
  HostName 127.0.0.1
  Port {port}
  User root
  IdentityFile "{directory}/key"
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile "{directory}/known_hosts"
  GlobalKnownHostsFile /dev/null
  HostKeyAlias ensayar
  StrictHostKeyChecking yes
  UpdateHostKeys no
  # The cheapest to compute: under emulation the default costs seconds.
  HostKeyAlgorithms ssh-ed25519
  KexAlgorithms curve25519-sha256
  PreferredAuthentications publickey
  BatchMode yes
  ForwardAgent no
  ForwardX11 no
  LogLevel ERROR
  ControlPath "{sockets}/ssh"
  ConnectTimeout 30
  ServerAliveInterval 15
  ServerAliveCountMax 4
"""
_RESULT = re.compile(rb"^@@ensayar (.+)$", re.MULTILINE)


class ConnectionLost(Exception):  # noqa: N818 (it says what happened, and never reaches a user)
    """The connection ended before the command did."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command of the guest's helper said."""

    result: str
    """What it says of itself: ``exit 0``, ``timeout``…"""
    output: bytes
    """What it printed."""


class Connection:
    """A connection to one machine, opened again where it was lost."""

    def __init__(self, name: str, directory: Path, sockets: Path, keys: Keys) -> None:
        """Write key and known host into *directory*; connect later."""
        self._name = name
        self._directory = directory
        self._sockets = sockets
        self._master: subprocess.Popen[bytes] | None = None
        self._write("key", keys.client, 0o600)
        self._write("known_hosts", f"ensayar {keys.host_public}", 0o600)

    @property
    def config(self) -> Path:
        """The configuration file, for ``ssh -F``."""
        return self._directory / "ssh_config"

    def arguments(self) -> tuple[str, ...]:
        """The command line that reaches the machine, without a command."""
        return ("ssh", "-F", str(self.config), self._name)

    def aim(self, port: int) -> None:
        """From now on the machine is behind *port*."""
        paths = {"directory": self._directory, "sockets": self._sockets}
        escaped = {key: str(path).replace("%", "%%") for key, path in paths.items()}
        self._write("ssh_config", _CONFIG.format(name=self._name, port=port, **escaped), 0o600)

    def open(self, timeout: float, vain: Callable[[], bool] = lambda: False) -> None:
        """Log in within *timeout* seconds, or until it is in *vain*; :class:`ConnectionLost` where that fails."""
        self.close()
        self._master = subprocess.Popen(
            ["ssh", "-F", str(self.config), "-o", "ControlMaster=yes", "-N", self._name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the parent
        )
        until = time.monotonic() + timeout
        while not (self._sockets / "ssh").exists():
            if self._master.poll() is not None:
                said = self._master.stderr.read().decode(errors="replace").strip() if self._master.stderr else ""
                self.close()
                raise ConnectionLost(said or "ssh ended")
            if time.monotonic() > until or vain():
                self.close()
                message = "no login by ssh in time"
                raise ConnectionLost(message)
            time.sleep(0.02)

    def close(self) -> None:
        """Hang up; may be called again."""
        if self._master is not None:
            self._master.kill()
            self._master.wait()
            if self._master.stderr:
                self._master.stderr.close()
            self._master = None
        with contextlib.suppress(OSError):
            (self._sockets / "ssh").unlink()

    def call(
        self,
        command: str,
        *,
        stdin: bytes = b"",
        timeout: float,
        on_output: Callable[[bytes], None] | None = None,
    ) -> Answer:
        """Run *command* of the guest's helper; *on_output* gets its output as it comes.

        :class:`ConnectionLost` where it does not say how it ended, or not within *timeout* seconds.
        """
        process = subprocess.Popen(
            [*self.arguments(), command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        writer = threading.Thread(target=_feed, args=(process, stdin), daemon=True)
        writer.start()
        try:
            output, errors = _read(process, time.monotonic() + timeout, on_output)
            process.wait(5)
        except (ConnectionLost, subprocess.TimeoutExpired) as error:
            message = f"no answer within {timeout:.0f} s"
            raise ConnectionLost(message) from error
        finally:
            process.kill()
            process.wait()
            writer.join()
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()
        results = _RESULT.findall(errors)
        if results:
            return Answer(results[-1].decode(errors="replace"), output)
        said = errors.decode(errors="replace").strip()
        if process.returncode == _SSH_FAILED or process.returncode < 0 or not said:
            raise ConnectionLost(said or "the connection ended")
        message = f"the helper in the machine failed: {said}"
        raise InfrastructureError(message)

    def _write(self, name: str, text: str, mode: int) -> None:
        path = self._directory / name
        path.touch(mode)
        path.chmod(mode)
        path.write_text(text, encoding="utf-8")


_SSH_FAILED = 255


def _feed(process: subprocess.Popen[bytes], data: bytes) -> None:
    if process.stdin is None:
        return
    with contextlib.suppress(OSError):  # the other side need not read it all
        process.stdin.write(data)
    with contextlib.suppress(OSError):
        process.stdin.close()


def _read(
    process: subprocess.Popen[bytes], until: float, on_output: Callable[[bytes], None] | None
) -> tuple[bytes, bytes]:
    collected: Sequence[list[bytes]] = ([], [])
    with selectors.DefaultSelector() as selector:
        for number, stream in enumerate((process.stdout, process.stderr)):
            if stream:
                selector.register(stream, selectors.EVENT_READ, number)
        while selector.get_map():
            remaining = until - time.monotonic()
            if remaining <= 0:
                raise ConnectionLost
            for key, _ in selector.select(remaining):
                piece = key.fileobj.read1(65536)  # type: ignore[union-attr]  # a pipe, as registered above
                if not piece:
                    selector.unregister(key.fileobj)
                    continue
                collected[key.data].append(piece)
                if key.data == 0 and on_output:
                    on_output(piece)
    return b"".join(collected[0]), b"".join(collected[1])
