"""What earlier runs found out, so that an interrupted one goes on where it was.

Lines of JSON that are only ever appended. Each carries a digest of what it rests on (:mod:`ensayar.mutation.basis`).
What rests on something else by now is not reused, except as an estimate of what a mutant costs.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from ensayar.errors import UsageError
from ensayar.mutation.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from ensayar.mutation.basis import Basis


@dataclass(frozen=True, slots=True)
class Times:
    """How long things took in the sound article, in seconds."""

    steps: dict[str, float]
    """Each step, without its checks."""
    commands: dict[str, float]
    """Of each console step its longest command."""
    checks: dict[str, float]
    """Each check, by pytest's node id."""
    check_steps: dict[str, str]
    """The step of each check."""


@dataclass(frozen=True, slots=True)
class Known:
    """A verdict that was found before."""

    verdict: Verdict
    """What it was."""
    basis: str
    """What it rests on."""


@dataclass(slots=True)
class Journal:
    """The journal of one article; a context manager that keeps other runs out."""

    path: Path
    """The file."""
    published: Iterable[Known] = ()
    """What is known from elsewhere, and older than all that stands in the file."""
    times: Times | None = None
    """Of the sound article, where it was rehearsed as it is and was green."""
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    """By mutant: those that hold."""
    bases: dict[str, str] = field(default_factory=dict)
    """What they rest on."""
    costs: dict[str, float] = field(default_factory=dict)
    """What each mutant cost when it was last rehearsed, whatever it rested on; seconds."""
    _basis: Basis | None = None
    _stream: int = -1

    def __enter__(self) -> Self:
        """:raises UsageError: another run has it, or it cannot be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            message = f"{self.path}: the journal cannot be written ({error.strerror})"
            raise UsageError(message) from error
        try:
            fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._stream)
            message = f"{self.path}: another mutation run of this article is at work; wait for it or stop it"
            raise UsageError(message) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._stream)

    def use(self, basis: Basis, *, fresh: bool = False) -> None:
        """Look up what holds on *basis*; with *fresh* nothing does any more."""
        self._basis = basis
        self._forget()
        text = self.path.read_text(encoding="utf-8", errors="replace")
        for known in self.published:
            self._take_verdict(known)
        for line in text.splitlines():
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # a run was killed while it wrote this line
        if text and not text.endswith("\n"):
            os.write(self._stream, b"\n")
        if fresh:
            self._forget()
            self._append("fresh", "", {})

    def _forget(self) -> None:
        self.times, self.verdicts, self.bases = None, {}, {}

    def _take(self, entry: dict[str, Any]) -> None:
        kind, basis = entry["kind"], entry["basis"]
        if kind == "verdict":
            self._take_verdict(Known(Verdict.from_dict(entry["data"]), basis))
        elif kind == "sound" and self._basis is not None and basis == self._basis.whole:
            self.times = Times(**entry["data"])
        elif kind == "fresh":
            self._forget()

    def _take_verdict(self, known: Known) -> None:
        verdict = known.verdict
        self.costs[verdict.mutant] = verdict.seconds
        if self._basis is not None and known.basis == self._basis.of(verdict):
            self.verdicts[verdict.mutant], self.bases[verdict.mutant] = verdict, known.basis

    def _append(self, kind: str, basis: str, data: dict[str, Any]) -> None:
        line = json.dumps({"kind": kind, "basis": basis, "data": data}, ensure_ascii=False)
        os.write(self._stream, f"{line}\n".encode())
        os.fsync(self._stream)

    def sound(self, times: Times) -> None:
        """The sound article was green."""
        self.times = times
        if self._basis is not None:
            self._append("sound", self._basis.whole, asdict(times))

    def decided(self, verdict: Verdict) -> None:
        """A mutant came to its end."""
        basis = (self._basis.of(verdict) if self._basis is not None else None) or ""
        self.verdicts[verdict.mutant], self.bases[verdict.mutant] = verdict, basis
        self._append("verdict", basis, verdict.as_dict())
