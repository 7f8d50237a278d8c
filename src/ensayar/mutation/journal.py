"""What earlier runs found out, so that an interrupted one goes on where it was.

Lines of JSON that are only ever appended. Each carries a key: a digest of the sound article, its checks and the
machine's image. What was found with another key is not reused, except as an estimate of what a mutant costs.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from ensayar.digest import chain
from ensayar.errors import UsageError
from ensayar.mutation.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from ensayar.model import Article

VERSION = 1


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


def checks_digest(root: Path, directory: Path) -> str:
    """SHA-256 of the files that the checks below *directory* are made of, and of what configures them."""
    files = [path for path in directory.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    files += [parent / "conftest.py" for parent in directory.parents if parent.is_relative_to(root)]
    digest = hashlib.sha256()
    for path in sorted({path for path in files if path.is_file()}):
        digest.update(f"{path.relative_to(root)}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def key(article: Article, checks: str, image: str) -> str:
    """What a verdict holds for: the resolved *article*, the digest of its *checks*, and that of the *image*."""
    origin = json.dumps([VERSION, article.slug, article.platform, article.login, checks, image])
    return hashlib.sha256("\n".join([origin, *chain(origin, article.steps)]).encode()).hexdigest()


@dataclass(slots=True)
class Journal:
    """The journal of one article; a context manager that keeps other runs out."""

    path: Path
    """The file."""
    key: str = ""
    """What is asked about, see :meth:`use`."""
    times: Times | None = None
    """Of the sound article, where it was rehearsed with this key and was green."""
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    """By mutant, with this key."""
    costs: dict[str, float] = field(default_factory=dict)
    """What each mutant cost when it was last rehearsed, with whatever key; seconds."""
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

    def use(self, wanted: str, *, fresh: bool = False) -> None:
        """Look up what was found with the key *wanted*; with *fresh* nothing of it holds any more."""
        self.key, self.times, self.verdicts = wanted, None, {}
        text = self.path.read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines():
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # a run was killed while it wrote this line
        if text and not text.endswith("\n"):
            os.write(self._stream, b"\n")
        if fresh:
            self.times, self.verdicts = None, {}
            self._append("fresh", {})

    def _take(self, entry: dict[str, Any]) -> None:
        kind, ours = entry["kind"], entry["key"] == self.key
        if kind == "verdict":
            verdict = Verdict.from_dict(entry["data"])
            self.costs[verdict.mutant] = verdict.seconds
            if ours:
                self.verdicts[verdict.mutant] = verdict
        elif kind == "sound" and ours:
            self.times = Times(**entry["data"])
        elif kind == "fresh" and ours:
            self.times, self.verdicts = None, {}

    def _append(self, kind: str, data: dict[str, Any]) -> None:
        line = json.dumps({"kind": kind, "key": self.key, "data": data}, ensure_ascii=False)
        os.write(self._stream, f"{line}\n".encode())
        os.fsync(self._stream)

    def sound(self, times: Times) -> None:
        """The sound article was green."""
        self.times = times
        self._append("sound", asdict(times))

    def decided(self, verdict: Verdict) -> None:
        """A mutant came to its end."""
        self.verdicts[verdict.mutant] = verdict
        self._append("verdict", verdict.as_dict())
