"""What of an article is covered: what becomes of each block, and which checks observe each step.

Two measures, and each is taken twice. *Planned* is what the next rehearsal will do, by the article and by the markers
of the checks. *Verified* is what the last rehearsal did and the article as it is now still says; a step that failed or
has changed since is planned at best. What comes in are resolved articles, checks as pytest collected them and evidence;
what goes out are values for :mod:`ensayar.coverage_formats`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.errors import Problem
from ensayar.model import FileStep, Location, Skip
from ensayar.verdict import NEVER, Standing, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ensayar.evidence import Evidence
    from ensayar.model import Article, Block, Minimum
    from ensayar.verdict import Verdict

PASSED = "passed"
FAILED = "failed"
PLANNED = "planned"

WHY_NOT = {
    Standing.FAILED: "it failed in the last rehearsal",
    Standing.NOT_REACHED: "the last rehearsal did not reach it",
    Standing.CHANGED: "it has changed since the last rehearsal",
    Standing.AFTER_CHANGE: "a step before it has changed since the last rehearsal",
    Standing.NEVER: "never rehearsed",
}
"""Why a step is not verified."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check as pytest collected it."""

    name: str
    """pytest's node id."""
    description: str
    """First line of its docstring, or its name in words."""
    location: Location
    """Where the test is written."""
    step: str
    """The step after which it runs."""
    excuse: str
    """Why it observes nothing, as “skipped: no network”; empty: it runs."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A check, with what the last rehearsal says of it."""

    check: Check
    """Which."""
    standing: str
    """``passed`` or ``failed`` in the last rehearsal of the step as it is, else ``planned``."""


@dataclass(frozen=True, slots=True)
class Covered:
    """One block of an article and what covers it."""

    location: Location
    """The line of the directive."""
    name: str | None
    """The step's name; a skipped block may have none."""
    kind: str
    """``file``, ``console`` or ``skip``."""
    reason: str
    """Of a skipped block; empty for a step."""
    standing: Standing | None
    """What the last rehearsal says of a step; ``None`` for a skipped block."""
    observations: tuple[Observation, ...]
    """Its checks, in the order in which they run."""

    def is_run(self, *, verified: bool) -> bool:
        """Whether it is run or written: in any rehearsal, or *verified*, by the last."""
        return self.standing is Standing.VERIFIED if verified else self.standing is not None

    def is_observed(self, *, verified: bool) -> bool:
        """Whether a check observes it: in any rehearsal, or *verified*, in the last."""
        if verified:
            return any(one.standing == PASSED for one in self.observations)
        return any(not one.check.excuse for one in self.observations)


@dataclass(frozen=True, slots=True)
class Share:
    """Some of all."""

    covered: int
    """How many are."""
    total: int
    """How many there are."""

    @property
    def percent(self) -> float:
        """Rounded down to a tenth, so that 100 means all; of nothing, all is covered."""
        return self.covered * 1000 // self.total / 10 if self.total else 100.0

    def reaches(self, minimum: int) -> bool:
        """Whether it is *minimum* per cent or more."""
        return self.covered * 100 >= minimum * self.total


@dataclass(frozen=True, slots=True)
class ArticleCoverage:
    """One article."""

    slug: str
    """Its name."""
    source: str
    """Its file, relative to the project."""
    minimum: Minimum
    """What it demands, or what was demanded of it."""
    rehearsed: str | None
    """When the last rehearsal began, ISO 8601; ``None``: never."""
    blocks: tuple[Covered, ...]
    """Every code block, in the order of the article."""

    def run(self, *, verified: bool) -> Share:
        """How many of the blocks are run or written."""
        return Share(sum(block.is_run(verified=verified) for block in self.blocks), len(self.blocks))

    def observed(self, *, verified: bool) -> Share:
        """How many of the steps a check observes."""
        steps = [block for block in self.blocks if block.standing is not None]
        return Share(sum(step.is_observed(verified=verified) for step in steps), len(steps))

    def checks(self, *, verified: bool) -> int:
        """How many checks observe something."""
        observations = [one for block in self.blocks for one in block.observations]
        return sum(one.standing == PASSED if verified else not one.check.excuse for one in observations)


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to one question."""

    articles: tuple[ArticleCoverage, ...]
    """In the order of their files."""
    verified: bool
    """Whether the minimum is held against what is verified, and not against what is planned."""

    @property
    def shortfalls(self) -> tuple[Problem, ...]:
        """What is missing where an article falls short of its minimum."""
        return tuple(problem for article in self.articles for problem in _shortfalls(article, verified=self.verified))


def _observation(check: Check, verdict: Verdict) -> Observation:
    recorded = verdict.evidence.checks if verdict.evidence else ()
    passed = {item.name: item.passed for item in recorded}.get(check.name)
    if passed and verdict.standing is Standing.VERIFIED and not check.excuse:
        return Observation(check, PASSED)
    return Observation(check, FAILED if passed is False else PLANNED)


def _covered(block: Block, verdict: Verdict, checks: Iterable[Check]) -> Covered:
    if isinstance(block, Skip):
        return Covered(block.location, block.name, "skip", block.reason, None, ())
    kind = "file" if isinstance(block, FileStep) else "console"
    observations = tuple(_observation(check, verdict) for check in checks if check.step == block.name)
    return Covered(block.location, block.name, kind, "", verdict.standing, observations)


def measure(
    article: Article, checks: Sequence[Check], evidence: Evidence | None, minimum: Minimum | None = None
) -> ArticleCoverage:
    """The coverage of a resolved *article* by *checks*, and by the *evidence* of its last rehearsal.

    :param minimum: instead of the article's own.
    """
    found = verdicts(article, evidence)
    return ArticleCoverage(
        slug=article.slug,
        source=article.source,
        minimum=minimum or article.minimum,
        rehearsed=evidence.started if evidence else None,
        blocks=tuple(_covered(block, found.get(block.name or "", NEVER), checks) for block in article.blocks),
    )


def _shortfalls(article: ArticleCoverage, *, verified: bool) -> Iterable[Problem]:
    """Where *article* falls short of its minimum: the measure itself, then each block that is missing, once."""
    minimum = article.minimum
    run, observed = article.run(verified=verified), article.observed(verified=verified)
    when = " in the last rehearsal" if verified else ""
    missing: dict[Location, Problem] = {}
    for share, demanded, what in (
        (run, minimum.run, "blocks run or written"),
        (observed, minimum.observed, "steps observed by a check"),
    ):
        if not share.reaches(demanded):
            message = (
                f"{what}{when}: {share.covered} of {share.total} ({share.percent:g} %), the minimum is {demanded} %; "
                "see to those named below"
            )
            yield Problem(minimum.location, message)
    for block in article.blocks:
        if not run.reaches(minimum.run) and not block.is_run(verified=verified):
            missing.setdefault(block.location, Problem(block.location, not_run(block)))
        if not observed.reaches(minimum.observed) and block.standing and not block.is_observed(verified=verified):
            missing.setdefault(block.location, Problem(block.location, not_observed(block, verified=verified)))
    yield from sorted(missing.values(), key=lambda problem: problem.location)


def not_run(block: Covered) -> str:
    """Why *block* does not count as run or written; what to do."""
    if block.standing is None:
        return f"a skipped block ({block.reason}) is neither run nor written; make it a step, or lower the minimum"
    return f"step “{block.name}” is not verified: {WHY_NOT[block.standing]}; rehearse the article"


def not_observed(block: Covered, *, verified: bool) -> str:
    """Why the step *block* does not count as observed; what to do."""
    if verified and block.is_observed(verified=False):
        why = WHY_NOT.get(block.standing or Standing.NEVER, "its checks are newer than the last rehearsal")
        return f"no check observed step “{block.name}”: {why}; rehearse the article"
    excused = [f"{one.check.name.rpartition('::')[2]} is {one.check.excuse}" for one in block.observations]
    but = f" ({', '.join(excused)})" if excused else ""
    return f'no check observes step “{block.name}”{but}; write one with @pytest.mark.after_step("{block.name}")'
