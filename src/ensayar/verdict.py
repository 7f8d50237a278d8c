"""What the record of a rehearsal still says about each step of the article as it is now.

A step is verified only where it, and all steps before it, are what was rehearsed: a command that worked on one machine
says nothing about the machine that a changed article leads to.
"""

from __future__ import annotations

import enum
import os
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.digest import step_digest
from ensayar.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ensayar.evidence import Evidence, StepEvidence
    from ensayar.model import Article


class Standing(enum.Enum):
    """How a step stands; the values are classes on the page and words in the coverage."""

    VERIFIED = "verified"
    FAILED = "failed"
    NOT_REACHED = "not-reached"
    CHANGED = "changed"
    AFTER_CHANGE = "after-change"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known about one step."""

    standing: Standing
    """How it stands."""
    started: str
    """When it was found out, ISO 8601: an earlier day where the result is that of an earlier rehearsal and still holds,
    else when the rehearsal began; empty without one."""
    evidence: StepEvidence | None
    """What the rehearsal saw; ``None`` where it says nothing about the step as it is."""


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
CHANGES = frozenset({Standing.CHANGED, Standing.AFTER_CHANGE})
"""What is no longer what was rehearsed."""
NEVER = Verdict(Standing.NEVER, "", None)


def verdicts(article: Article, evidence: Evidence | None) -> dict[str, Verdict]:
    """The verdict on each step of the resolved *article*, by name."""
    if evidence is None:
        return {step.name: NEVER for step in article.steps}
    result: dict[str, Verdict] = {}
    # what was rehearsed is what stands here, from the first step up to the one looked at
    same_path = evidence.machine.platform == article.platform
    recorded = {item.name: item for item in evidence.steps}
    for number, step in enumerate(article.steps):
        seen = recorded.get(step.name)
        if seen is None or seen.digest != step_digest(step):
            same_path = False
            result[step.name] = Verdict(Standing.CHANGED, evidence.started, None)
            continue
        same_path = same_path and evidence.steps.index(seen) == number
        if same_path:
            result[step.name] = Verdict(_standing(seen), seen.recorded or evidence.started, seen)
        else:
            result[step.name] = Verdict(Standing.AFTER_CHANGE, evidence.started, None)
    return result


def stale(known: Mapping[str, Verdict], evidence: Evidence) -> bool:
    """Whether *evidence* is that of another article than the one that the verdicts *known* are about."""
    changed = any(verdict.standing in CHANGES for verdict in known.values())
    return changed or any(step.name not in known for step in evidence.steps)


def change(article: Article, known: Mapping[str, Verdict]) -> Problem | None:
    """Where *article*, on which the verdicts are *known*, is no longer what was rehearsed, and what to do."""
    changed = [step for step in article.steps if known[step.name].standing in CHANGES]
    if not changed:
        return None
    first = changed[0]
    verdict = known[first.name]
    what = "it has changed" if verdict.standing is Standing.CHANGED else "what comes before it has changed"
    day = _DAY.match(verdict.started)
    when = f"the rehearsal of {day[0]}" if day else "its rehearsal"
    return Problem(
        first.location,
        f"step “{first.name}”: {what} since {when}, and {len(changed)} of "
        f"{len(article.steps)} steps are not verified; rehearse it: {command(article)}",
    )


def command(article: Article) -> str:
    """What to type to rehearse *article*."""
    return f"{os.environ.get('ENSAYAR_COMMAND', 'ensayar')} rehearse {shlex.quote(article.source)}"


def _standing(seen: StepEvidence) -> Standing:
    if seen.status == "passed":
        return Standing.VERIFIED if all(check.passed for check in seen.checks) else Standing.FAILED
    return Standing.FAILED if seen.status == "failed" else Standing.NOT_REACHED
