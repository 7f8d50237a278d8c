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


@dataclass(frozen=True, slots=True)
class Published:
    """What a report that was committed knows."""

    verdicts: tuple[Known, ...] = ()
    """By whomever and wherever they were found."""
    sound: str | None = None
    """What it rests on that the sound article was green."""
    digest: str = ""
    """Of the report; empty: there is none."""


@dataclass(slots=True)
class Journal:
    """The journal of one article; a context manager that keeps other runs out."""

    path: Path
    """The file."""
    published: Published = Published()
    """What is known from elsewhere; the file knows better."""
    times: Times | None = None
    """Of the sound article, where it was rehearsed here as it is and was green."""
    green: str | None = None
    """What it rests on that the sound article was green, here or elsewhere; ``None``: it is not known to be."""
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    """By mutant: those that hold."""
    bases: dict[str, str] = field(default_factory=dict)
    """What they rest on."""
    partial: dict[str, Verdict] = field(default_factory=dict)
    """By mutant: survivors that some checks have yet to look at."""
    costs: dict[str, float] = field(default_factory=dict)
    """What each mutant cost when it was last rehearsed, whatever it rested on; seconds."""
    _disbelieved: set[str] = field(default_factory=set)
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
        for line in text.split("\n"):  # not splitlines(): a message may hold what that takes for an end
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
                continue  # a run was killed while it wrote this line
        if text and not text.endswith("\n"):
            os.write(self._stream, b"\n")
        if fresh:
            self._forget()
            self._append("fresh", "", {"report": self.published.digest})
        elif self.published.digest not in self._disbelieved:
            self._adopt()

    def _forget(self) -> None:
        self.times, self.green, self.verdicts, self.bases, self.partial = None, None, {}, {}, {}

    def _adopt(self) -> None:
        """Take over what was published, where the file knows nothing better; the report may be another tomorrow."""
        if self._basis is None:
            return
        if self.published.sound == self._basis.whole:
            self.green = self.published.sound
        for known in self.published.verdicts:
            verdict = known.verdict
            self.costs.setdefault(verdict.mutant, verdict.seconds)
            unknown = verdict.mutant not in self.verdicts and verdict.mutant not in self.partial
            if unknown and known.basis == self._basis.of(verdict):
                self.decided(verdict)

    def _take(self, entry: dict[str, Any]) -> None:
        kind, basis = entry["kind"], entry["basis"]
        if kind == "verdict":
            verdict = Verdict.from_dict(entry["data"])
            self.costs[verdict.mutant] = verdict.seconds
            if self._basis is not None and basis == self._basis.of(verdict):
                self._know(verdict, basis)
        elif kind == "sound" and self._basis is not None and basis == self._basis.whole:
            self.times, self.green = Times(**entry["data"]), basis
        elif kind == "fresh":
            self._forget()
            self._disbelieved.add(str(entry["data"].get("report", "")))

    def _append(self, kind: str, basis: str, data: dict[str, Any]) -> None:
        line = json.dumps({"kind": kind, "basis": basis, "data": data}, ensure_ascii=False)
        os.write(self._stream, f"{line}\n".encode())
        os.fsync(self._stream)

    def sound(self, times: Times) -> None:
        """The sound article was green."""
        self.times = times
        if self._basis is not None:
            self.green = self._basis.whole
            self._append("sound", self._basis.whole, asdict(times))

    def decided(self, verdict: Verdict) -> None:
        """A mutant came to its end."""
        basis = (self._basis.of(verdict) if self._basis is not None else None) or ""
        self._know(verdict, basis)
        self._append("verdict", basis, verdict.as_dict())

    def _know(self, verdict: Verdict, basis: str) -> None:
        if self._basis is not None and self._basis.unseeing(verdict):
            self.partial[verdict.mutant] = verdict
            return
        self.partial.pop(verdict.mutant, None)
        self.verdicts[verdict.mutant], self.bases[verdict.mutant] = verdict, basis
