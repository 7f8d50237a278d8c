"""What a verdict rests on: while that is the same, it need not be found again.

A mutant that was killed is killed whatever comes after its killer. So its verdict rests on the image, on the sound
article's steps up to the killer, on the altered step, and where a check killed it, on that check. A time-out rests on
what was allowed, too. That nobody noticed a mutant rests on all steps, and says which checks saw it: those that came or
changed since have yet to look at it, and no others.

What checks leave behind in the machine is not reckoned with: they are there to look.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.digest import chain, step_digest
from ensayar.mutation.verdict import DEAD, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ensayar.model import Article
    from ensayar.mutation.model import Mutant
    from ensayar.mutation.verdict import Verdict

VERSION = 2
"""To be raised where the engine comes to play, compare or check in a way that changes verdicts."""


def checks_digest(root: Path, directory: Path) -> str:
    """SHA-256 of the files that the checks below *directory* are made of, and of what configures them."""
    files = [path for path in directory.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    files += [parent / "conftest.py" for parent in directory.parents if parent.is_relative_to(root)]
    digest = hashlib.sha256()
    for path in sorted({path for path in files if path.is_file()}):
        digest.update(f"{path.relative_to(root)}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a run of mutation goes on under, besides the article."""

    image: str
    """Digest of what makes the machine's image, whatever it is lent by its host."""
    every_check: str
    """Of all checks, see :func:`checks_digest`."""
    checks: Mapping[str, str]
    """Digest of each by itself, by pytest's node id."""
    limits: tuple[float, float]
    """How many times as long as in the sound article something may take, and how many seconds more."""
    check_steps: Mapping[str, str]
    """The step after which each check runs, by its node id."""
    strays: bool = False
    """There are tests that are bound to no step: they may look at anything at any time."""


class Basis:
    """What verdicts on the mutants of one article rest on, as things stand."""

    def __init__(self, article: Article, mutants: Iterable[Mutant], conditions: Conditions) -> None:
        """*article* is the sound one, resolved; *mutants* are all of its."""
        origin = json.dumps([VERSION, article.slug, article.platform, article.login, conditions.image])
        steps = chain(origin, article.steps)
        self._until = dict(zip((step.name for step in article.steps), steps, strict=True))
        them = tuple(mutants)
        self._altered = {mutant.id: step_digest(mutant.altered) for mutant in them}
        self._checks = conditions.checks
        self._limits = json.dumps(conditions.limits)
        self._last = steps[-1] if steps and not conditions.strays else None
        numbers = {step.name: number for number, step in enumerate(article.steps)}
        self._places = {check: numbers.get(step, 0) for check, step in conditions.check_steps.items()}
        self._begins = {mutant.id: numbers[mutant.step] for mutant in them}
        self.whole = _hashed(origin, *steps[-1:], conditions.every_check, json.dumps(sorted(self._checks.items())))
        """SHA-256 of all that the sound article's own rehearsal rests on."""

    def of(self, verdict: Verdict) -> str | None:
        """SHA-256 of what *verdict* rests on; ``None`` where its mutant, its killer or its step do not exist."""
        altered = self._altered.get(verdict.mutant)
        if altered is None:
            return None
        killer = verdict.killer
        if verdict.status is Status.SURVIVED and self._last is not None:
            return _hashed("survived", self._last, altered)
        if verdict.status not in DEAD or killer is None:
            return _hashed(self.whole, altered)
        until = self._until.get(killer.step)
        check = self._checks.get(killer.name) if killer.kind == "check" else ""
        if until is None or check is None:
            # a test that is bound to no step may have seen anything
            return None if killer.step else _hashed(self.whole, altered)
        allowed = [self._limits] if verdict.status is Status.TIMED_OUT else []
        return _hashed(until, altered, killer.kind, killer.name, check, *allowed)

    def unseeing(self, verdict: Verdict) -> frozenset[str]:
        """The checks that have yet to look at the mutant of *verdict*, a survivor; those before its step cannot."""
        begin = self._begins.get(verdict.mutant, 0)
        return frozenset(
            check
            for check, digest in self._checks.items()
            if verdict.status is Status.SURVIVED
            and self._places.get(check, begin) >= begin
            and verdict.seen.get(check) != digest
        )


def _hashed(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
