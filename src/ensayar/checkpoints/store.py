"""The checkpoints on disk: one directory each, complete or not there.

A directory is a *draft* until ``checkpoint.json`` appears in it, by a rename, as the last of its files. Whoever makes
or uses it holds a shared flock on its ``lock``; who wants to remove it needs the exclusive one, so what a killed
process has left is told by a lock that is free. A checkpoint may stand on another one (its parent): those below
others are never removed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

VERSION = 2
_FACTS = "checkpoint.json"
_LOCK = "lock"
_DOUBT = "doubt"
_BLOCK = 512  # st_blocks counts these, whatever the file system's own: stat(2)


@dataclass(frozen=True, slots=True)
class Entry:
    """A complete checkpoint."""

    path: Path
    """Its directory."""
    key: str
    """Of everything that led there, see :func:`ensayar.digest.chain`."""
    article: str
    """Slug of the article that made it; another one may use it."""
    step: str
    """The step after which it was made."""
    number: int
    """How many steps the machine has behind it."""
    born: float
    """When its first step ran; wall clock, seconds since 1970. What was downloaded is as old as that."""
    made: float
    """When it was kept; wall clock, seconds since 1970."""
    seconds: float
    """What it cost to keep."""
    parent: str | None
    """Name of the directory of the checkpoint that its disk stands on."""
    version: int = VERSION
    """Of the form of what lies beside it."""

    def size(self) -> int:
        """Bytes on disk."""
        total = 0
        with contextlib.suppress(OSError):  # it may be going
            for path in self.path.iterdir():
                total += path.stat().st_blocks * _BLOCK
        return total

    def used(self) -> float:
        """When it was last made use of; wall clock, seconds since 1970."""
        try:
            return (self.path / _FACTS).stat().st_mtime
        except OSError:
            return 0.0


class Store:
    """The checkpoints below one directory; several processes may use it at once."""

    def __init__(self, directory: Path, *, max_bytes: float, max_age: float) -> None:
        """*max_age* is in seconds, counted from a checkpoint's birth."""
        self.directory = directory
        self.max_bytes = max_bytes
        self.max_age = max_age

    def entries(self) -> tuple[Entry, ...]:
        """The complete ones, of whatever age, the last used first."""
        found = [entry for path in self._directories() if (entry := _read(path))]
        return tuple(sorted(found, key=Entry.used, reverse=True))

    def find(self, keys: Iterable[str]) -> dict[str, Entry]:
        """For each of *keys* the youngest checkpoint that is not too old, where there is one."""
        wanted = set(keys)
        found: dict[str, Entry] = {}
        for entry in self.entries():
            if entry.key in wanted and self.fresh(entry.born):
                best = found.get(entry.key)
                if best is None or (entry.born, entry.made) > (best.born, best.made):
                    found[entry.key] = entry
        return found

    def fresh(self, born: float) -> bool:
        """Whether what was born then is young enough to be used."""
        return time.time() - born <= self.max_age  # wall clock: an age in days, over restarts of the computer

    def use(self, entry: Entry) -> None:
        """Note that *entry*, and what it stands on, is of use."""
        by_name = {each.path.name: each for each in self.entries()}
        following: Entry | None = entry
        while following is not None:
            with contextlib.suppress(OSError):
                os.utime(following.path / _FACTS)
            following = by_name.get(following.parent or "")

    @contextlib.contextmanager
    def draft(self, key: str) -> Iterator[Path]:
        """A new directory for a machine to keep its state in; gone afterwards unless :meth:`complete` was called.

        A machine that has gone on with its disk on top of it holds its lock; then it stays until that machine has
        ended and somebody tidies up.
        """
        path, lock = self._locked_directory(key)
        try:
            yield path
        finally:
            os.close(lock)
            if not (path / _FACTS).is_file():
                _remove(path)

    def _locked_directory(self, key: str) -> tuple[Path, int]:
        """A new directory with a shared lock on it; another process may sweep it before it is locked: once more."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            path = self.directory / f"{key[:24]}-{secrets.token_hex(4)}"
            path.mkdir(mode=0o700)
            with contextlib.suppress(FileNotFoundError):
                lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(lock, fcntl.LOCK_SH)
                if os.fstat(lock).st_nlink:
                    return path, lock
                os.close(lock)

    def complete(self, entry: Entry) -> None:
        """Make the draft in ``entry.path`` a checkpoint, all of it on the disk."""
        for path in entry.path.iterdir():
            _sync(path)
        facts = {name: value for name, value in asdict(entry).items() if name != "path"}
        temporary = entry.path / f"{_FACTS}.new"
        temporary.write_text(json.dumps(facts, indent=1), encoding="utf-8")
        _sync(temporary)
        temporary.rename(entry.path / _FACTS)

    def tidy(self) -> tuple[Entry, ...]:
        """Remove what killed processes left, what is too old, and the least recently used beyond the size allowed.

        Those in use, and those that others stand on, stay. The removed ones.
        """
        self._sweep_drafts()
        gone = self._remove_while(lambda entry: not self.fresh(entry.born))
        while self.total() >= self.max_bytes:
            removed = self._remove_while(lambda _entry: True, at_most=1)
            if not removed:
                break
            gone += removed
        return tuple(gone)

    def drop_older(self, entry: Entry) -> None:
        """Remove what *entry* takes the place of: those of the same key that are neither younger, in use nor below."""
        self._remove_while(lambda each: each.key == entry.key and each.path != entry.path and each.born <= entry.born)

    def total(self) -> int:
        """Bytes on disk of all of them."""
        return sum(entry.size() for entry in self.entries())

    def clear(self) -> tuple[int, int]:
        """Remove all that is not in use; how many were removed, and how many are left."""
        self._sweep_drafts()
        removed = self._remove_while(lambda _entry: True)
        return len(removed), len(self.entries())

    def doubt(self, entry: Entry) -> bool:
        """*entry* was of no use: the second time it is removed, unless it is in use. Whether it is gone."""
        mark = entry.path / _DOUBT
        if mark.exists():
            return _remove(entry.path)
        with contextlib.suppress(OSError):
            mark.touch()
        return False

    def _remove_while(self, wanted: Callable[[Entry], bool], at_most: int | None = None) -> list[Entry]:
        """Remove the *wanted* ones that none stands on, the least recently used first, until there is none."""
        removed: list[Entry] = []
        stuck: set[str] = set()
        while at_most is None or len(removed) < at_most:
            entries = self.entries()
            parents = {entry.parent for entry in entries}
            leaf = next(
                (entry for entry in reversed(entries) if entry.path.name not in parents | stuck and wanted(entry)),
                None,
            )
            if leaf is None:
                break
            if _remove(leaf.path):
                removed.append(leaf)
            else:
                stuck.add(leaf.path.name)
        return removed

    def _sweep_drafts(self) -> None:
        for path in self._directories():
            if _read(path) is None:  # a draft, or of another version
                _remove(path)

    def _directories(self) -> list[Path]:
        try:
            return [path for path in self.directory.iterdir() if path.is_dir()]
        except OSError:
            return []


def _read(path: Path) -> Entry | None:
    try:
        data = json.loads((path / _FACTS).read_text(encoding="utf-8"))
        return Entry(path=path, **data) if data.get("version") == VERSION else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _remove(path: Path) -> bool:
    """Remove a directory unless somebody holds its lock."""
    try:
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return not path.exists()
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        with contextlib.suppress(OSError):  # the mark of completeness first: half of a checkpoint is none
            (path / _FACTS).unlink()
        shutil.rmtree(path, ignore_errors=True)
        return not path.exists()
    finally:
        os.close(lock)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
