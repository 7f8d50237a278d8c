"""The scratch directory of a build: where it is noted, and how it is cleared, whoever owns what is in it.

A builder that was killed may have left processes that are still at work there, and file systems that are
still mounted there: mmdebstrap, run by root, mounts ``/proc``, ``/sys`` and parts of ``/dev``.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

_NOTE = "scratch"
_PREFIX = "ensayar-build-"
_SECONDS = 10.0


def make(directory: Path) -> Path:
    """A scratch directory for the build in *directory*: on disk, and open to a user namespace's root."""
    path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=os.environ.get("TMPDIR", "/var/tmp")))  # noqa: S108 (mkdtemp)
    (directory / _NOTE).write_text(str(path), encoding="utf-8")
    path.chmod(0o1777)
    return path


def clear(directory: Path) -> None:
    """End what still builds for *directory* and remove its scratch; nothing where there is none."""
    note = directory / _NOTE
    if not note.is_file():
        return
    path = Path(note.read_text(encoding="utf-8"))
    if path.is_dir() and path.name.startswith(_PREFIX):
        _end_processes(str(path))
        _unmount(path)
        # What is in it belongs to us or to the namespace's users; and never into what may still be mounted.
        delete = ["sh", "-c", 'find "$1" -xdev -mindepth 1 -delete', "delete", str(path)]
        ways = [delete] if os.geteuid() == 0 else [["mmdebstrap", "--unshare-helper", *delete], delete]
        until = time.monotonic() + _SECONDS
        while path.exists() and time.monotonic() < until:  # what dies in a namespace may still write
            for way in ways:
                subprocess.run(way, check=False, capture_output=True)
            with contextlib.suppress(OSError):
                path.rmdir()
    note.unlink()


def _end_processes(path: str) -> None:
    # Every process of a build has the scratch directory as TMPDIR.
    until = time.monotonic() + _SECONDS
    while (found := _processes(os.fsencode(f"TMPDIR={path}"))) and time.monotonic() < until:
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _processes(setting: bytes) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if setting in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def _unmount(path: Path) -> None:
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return  # no Linux, no mmdebstrap
    points = [line.split(" ")[1] for line in lines]
    for point in reversed([point for point in points if point.startswith(f"{path}/")]):
        subprocess.run(["umount", point], check=False, capture_output=True)
