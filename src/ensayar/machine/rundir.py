"""The directories of a running machine: one in the cache for its disk, keys and logs, one for its sockets.

The socket directory is apart because a Unix socket's path is limited to 107 bytes (``unix(7)``); the disk
is not in ``/tmp`` because that is memory on many systems. Whoever runs the machine holds a flock on
``lock``; a directory whose lock is free was left by a run that was killed together with its keeper.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ensayar.machine.keeper import PID_FILE
from ensayar.machine.paths import runs_directory

_SOCKETS_NOTE = "sockets"
_SOCKETS_PREFIX = "ensayar-"


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """What one run may write to."""

    path: Path
    """Disk, keys, logs; mode 0700."""
    sockets: Path
    """Short path for sockets; mode 0700."""
    lock: int
    """File descriptor with the flock; closing it gives the directory up."""

    def remove(self) -> None:
        """Remove both directories and give up the lock; for when no keeper does it."""
        shutil.rmtree(self.sockets, ignore_errors=True)
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def create(name: str) -> RunDirectory:
    """Make the directories for a machine called *name* and take the lock; sweep what others left."""
    root = runs_directory()
    root.mkdir(parents=True, exist_ok=True)
    guard = os.open(root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        # Without the guard another process could sweep the directory before it is locked.
        fcntl.flock(guard, fcntl.LOCK_EX)
        _sweep(root)
        path = root / f"{re.sub(r'[^A-Za-z0-9-]', '-', name)}-{secrets.token_hex(4)}"
        path.mkdir(mode=0o700)
        lock = _lock(path)
        if lock is None:
            message = f"{path}: just made, and locked by another"
            raise RuntimeError(message)
        sockets = Path(tempfile.mkdtemp(prefix=_SOCKETS_PREFIX))
        (path / _SOCKETS_NOTE).write_text(str(sockets), encoding="utf-8")
    finally:
        os.close(guard)
    return RunDirectory(path, sockets, lock)


def _sweep(root: Path) -> None:
    for path in root.iterdir():
        if not path.is_dir():
            continue
        lock = _lock(path)
        if lock is None:
            continue
        _end_process(path)
        note = path / _SOCKETS_NOTE
        if note.is_file():
            sockets = Path(note.read_text(encoding="utf-8"))
            if sockets.name.startswith(_SOCKETS_PREFIX):
                shutil.rmtree(sockets, ignore_errors=True)
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def _lock(path: Path) -> int | None:
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _end_process(path: Path) -> None:
    """Kill the QEMU that the directory tells of, if that number is still that QEMU."""
    note = path / PID_FILE
    if not note.is_file():
        return
    pid = int(note.read_text(encoding="ascii"))
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return  # it ended, or the host has no /proc and nothing safe can be said about the number
    if os.fsencode(str(path)) not in command:
        return
    os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.05)
