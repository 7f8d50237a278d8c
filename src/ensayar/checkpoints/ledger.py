"""Results of steps and checks that passed, by key: what need not run again as long as nothing that led there changes.

One small JSON file per key, replaced as a whole. Results of another version, damaged or too old ones do not exist.
Each result has a token of its own, and names that of the result before it: where a step was played again, what was
seen after its earlier playing holds no more.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ensayar.evidence import CheckEvidence
from ensayar.machine.protocol import Adaptation, MachineFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_VERSION = 2
_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Run:
    """One command of a step as it ran."""

    exit_status: int | None
    """As in :class:`ensayar.evidence.CommandEvidence`."""
    output: str
    """All that it printed."""
    duration: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Result:
    """A step that passed."""

    born: float
    """When the first step of its machine ran; wall clock, seconds since 1970."""
    finished: float
    """When it ended; wall clock, seconds since 1970."""
    duration: float
    """Seconds that it took."""
    runs: tuple[Run, ...]
    """Its commands, in order."""
    background: str | None
    """What the machine calls the background command that it started."""
    token: str
    """Of this playing and no other."""
    before: str
    """The token of the result before it; empty for the first step's."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A check that passed."""

    check: CheckEvidence
    """As it was reported."""
    finished: float
    """When; wall clock, seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What was read from the machine after the last step."""

    facts: MachineFacts
    """What the machine was made of."""
    probes: tuple[str, ...]
    """What was asked for the versions of."""
    versions: dict[str, str]
    """What of that was found."""


class Ledger:
    """The results below one directory; several processes may use it at once."""

    def __init__(self, directory: Path, *, fresh: Callable[[float], bool]) -> None:
        """*fresh* tells whether what was born at a time is young enough."""
        self.directory = directory
        self._fresh = fresh

    def result(self, key: str) -> Result | None:
        """What is known of the step with *key*."""
        found = result_from(self._read(key).get("step"))
        return found if found is not None and self._fresh(found.born) else None

    def keep_result(self, key: str, result: Result) -> None:
        """Note that the step with *key* passed."""
        with self._alone():
            self._write(key, {"step": asdict(result), "checks": {}})

    def forget_result(self, key: str) -> None:
        """The step with *key* has failed: nothing is known of it, nor of its checks."""
        with self._alone(), contextlib.suppress(OSError):
            self._path(key).unlink()

    def check(self, key: str, name: str, digest: str, token: str) -> Seen | None:
        """What is known of the check *name* after the step with *key*, if its code was what *digest* is of.

        *token* is that of the step's result that it has to have been made after.
        """
        data = self._read(key).get("checks", {}).get(name)
        try:
            if data is None or (data["digest"], data["token"]) != (digest, token) or not self._fresh(data["finished"]):
                return None
            return Seen(CheckEvidence(**data["check"]), data["finished"])
        except (TypeError, KeyError):
            return None

    def keep_check(self, key: str, seen: Seen, digest: str, token: str) -> None:
        """Note that a check passed after the step with *key*; arguments as in :meth:`check`."""
        with self._alone():
            data = self._read(key)
            about = {"digest": digest, "token": token, "finished": seen.finished, "check": asdict(seen.check)}
            self._write(key, {**data, "checks": {**data.get("checks", {}), seen.check.name: about}})

    def forget_check(self, key: str, name: str) -> None:
        """The check *name* has failed after the step with *key*."""
        with self._alone():
            data = self._read(key)
            if name in data.get("checks", {}):
                self._write(key, {**data, "checks": {each: of for each, of in data["checks"].items() if each != name}})

    def ending(self, key: str, token: str) -> Ending | None:
        """What is known of the machine after the step with *key*, if *token* is that of the step's result."""
        data = self._read(key).get("ending")
        try:
            if data is None or data["token"] != token:
                return None
            adaptations = tuple(Adaptation(**each) for each in data["facts"]["adaptations"])
            facts = MachineFacts(**{**data["facts"], "adaptations": adaptations})
            return Ending(facts, tuple(data["probes"]), data["versions"])
        except (TypeError, KeyError):
            return None

    def keep_ending(self, key: str, ending: Ending, token: str) -> None:
        """Note what the machine was after the step with *key*; *token* as in :meth:`ending`."""
        with self._alone():
            self._write(key, {**self._read(key), "ending": {**asdict(ending), "token": token}})

    def tidy(self, max_age: float) -> None:
        """Remove the files that nobody has written for *max_age* seconds."""
        with contextlib.suppress(OSError):
            for path in self.directory.iterdir():
                with contextlib.suppress(OSError):
                    if path.name != _LOCK and time.time() - path.stat().st_mtime > max_age:
                        path.unlink()

    def clear(self) -> None:
        """Forget everything."""
        self.tidy(-1)

    def _path(self, key: str) -> Path:
        return self.directory / f"{key}.json"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Two processes that add to one file at a time would lose one of the two; without a disk nothing is lost."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self.directory / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _read(self, key: str) -> dict[str, Any]:
        try:
            data = json.loads(self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) and data.get("version") == _VERSION else {}

    def _write(self, key: str, data: dict[str, Any]) -> None:
        # A result that cannot be kept (a full disk) costs the next rehearsal some time, and nothing else.
        path = self._path(key)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump({**data, "version": _VERSION}, stream, ensure_ascii=False)
            temporary.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()


def result_from(data: dict[str, Any] | None) -> Result | None:
    """A result as it was written; ``None`` for what is none."""
    try:
        return Result(**{**data, "runs": tuple(Run(**run) for run in data["runs"])}) if data else None
    except (TypeError, KeyError):
        return None
