"""What a run of mutation found, as text for people and as JSON for programs (``schemas/mutation.schema.json``)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ensayar.digest import chain
from ensayar.mutation.equivalent import refuted
from ensayar.mutation.verdict import DEAD, Score, Status, Verdict, score

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ensayar.errors import Problem
    from ensayar.machine.protocol import MachineFacts
    from ensayar.model import Article
    from ensayar.mutation.equivalent import Entry
    from ensayar.mutation.model import Mutant
    from ensayar.mutation.selection import Selection
    from ensayar.mutation.verdict import Killer

SCHEMA_VERSION = 3


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found."""

    article: Article
    """The sound one, resolved."""
    mutants: tuple[Mutant, ...]
    """Those that were wanted."""
    verdicts: Mapping[str, Verdict]
    """By mutant."""
    bases: Mapping[str, str]
    """What they rest on, by mutant; see :mod:`ensayar.mutation.basis`."""
    sound: str | None
    """What it rests on that the sound article was green; ``None``: it is not known to be."""
    places: Mapping[str, str]
    """Where checks stand now, by pytest's node id."""
    checks: Mapping[str, str]
    """The digest of each: all of them have seen each survivor."""
    population: Mapping[str, int]
    """How many mutants there are, wanted or not: ``dropped`` and ``altered``."""
    equivalents: Mapping[str, Entry]
    """The committed list."""
    problems: tuple[Problem, ...]
    """What is wrong with that list, as far as it shows without a rehearsal."""
    looking: tuple[str, ...]
    """Steps that only look, of which no mutants are made."""
    selection: Selection
    """What was asked for."""
    limits: Mapping[str, float | None]
    """``factor``, ``floor`` and ``at_most``, in seconds."""
    facts: MachineFacts | None
    """The machine; ``None`` where the run did not come to have one."""
    finished: str
    """ISO 8601 date, UTC."""

    def status(self, mutant: Mutant) -> Status:
        """What became of *mutant*."""
        verdict = self.verdicts.get(mutant.id)
        return verdict.status if verdict else Status.PENDING

    def where(self, killer: Killer) -> str:
        """``file:line`` of *killer*, as things stand."""
        return self.places.get(killer.name) or killer.where(self.article)

    def those(self, *statuses: Status) -> list[Mutant]:
        """The mutants that have one of *statuses*."""
        return [mutant for mutant in self.mutants if self.status(mutant) in statuses]

    @property
    def unexplained(self) -> list[Mutant]:
        """Survivors that are not in the list of equivalents: something should have noticed them."""
        return [mutant for mutant in self.those(Status.SURVIVED) if mutant.id not in self.equivalents]

    @property
    def wrong(self) -> list[Problem]:
        """What is wrong with the list of equivalents."""
        asked = {mutant.id: self.verdicts[mutant.id] for mutant in self.mutants if mutant.id in self.verdicts}
        return [*self.problems, *refuted(self.equivalents, asked)]

    def score(self, *, dropped: bool) -> Score:
        """Of the dropped, or of the altered ones."""
        group = [mutant for mutant in self.mutants if mutant.dropped == dropped]
        survivors = [mutant for mutant in group if self.status(mutant) is Status.SURVIVED]
        return score(map(self.status, group), sum(mutant.id in self.equivalents for mutant in survivors))


def _percent(value: float | None) -> str:
    # rounded down: 99.96 % is not all of them
    return "no score" if value is None else f"{int(value * 1000) / 10:g} %"


def score_line(name: str, found: Score) -> str:
    """A score in one line."""
    timed_out, survived = found.count(Status.TIMED_OUT), found.count(Status.SURVIVED)
    late = f" ({timed_out} of them by time-out)" if timed_out else ""
    explained = f" ({found.explained} of them explained)" if found.explained else ""
    parts = [f"{found.count(*DEAD)} killed{late}", f"{survived} survived{explained}"]
    rest = {Status.UNDECIDED: "undecided", Status.ERROR: "without verdict", Status.PENDING: "not rehearsed"}
    parts += [f"{found.count(status)} {word}" for status, word in rest.items() if found.count(status)]
    return f"{name}: {_percent(found.value)} of {found.total}: {', '.join(parts)}"


def verdict_lines(mutant: Mutant, verdict: Verdict, article: Article) -> Iterator[str]:
    """A mutant and what became of it."""
    yield f"{verdict.status.value:<9} {verdict.seconds:4.0f} s  {mutant}"
    if verdict.killer is not None:
        killer = verdict.killer
        yield f"{'':18}by {killer.kind} “{killer.name}”, {killer.where(article)}: {verdict.message}"
    elif verdict.status in (Status.ERROR, Status.UNDECIDED):
        yield f"{'':18}{verdict.message}"


def summary_lines(report: Report) -> Iterator[str]:
    """What a person should know at the end."""
    for title, mutants in (
        (
            "nothing notices these; write a check, or say in the list of equivalents why nothing can:",
            report.unexplained,
        ),
        ("undecided within the given time:", report.those(Status.UNDECIDED)),
        ("no verdict, the machine failed; run the same command again:", report.those(Status.ERROR)),
    ):
        if mutants:
            yield title
            yield from (f"  {mutant}" for mutant in mutants)
    if report.wrong:
        yield "the list of equivalents is wrong:"
        yield from (f"  {problem}" for problem in report.wrong)
    limits = report.limits
    yield f"limits: {limits['factor']:g} times what the sound article took and {limits['floor']:g} s"
    if report.looking:
        yield f"not mutated: {len(report.looking)} steps that only look"
    for name, dropped in (("dropped", True), ("altered", False)):
        found = report.score(dropped=dropped)
        if found.total:
            of = report.population[name]
            sampled = report.selection.sample is not None and of > found.total
            drawn = f"; {of - found.total} of {of} were not asked for" if sampled else ""
            yield score_line(name, found) + drawn


def _score(found: Score) -> dict[str, Any]:
    counts = {status.value.replace(" ", "_"): number for status, number in found.counts}
    value = None if found.value is None else round(found.value, 4)
    return {"total": found.total, **counts, "explained": found.explained, "score": value}


def _mutant(report: Report, mutant: Mutant) -> dict[str, Any]:
    verdict = report.verdicts.get(mutant.id)
    killer = verdict.killer if verdict else None
    entry = report.equivalents.get(mutant.id)
    return {
        "id": mutant.id,
        "kind": "dropped" if mutant.dropped else "altered",
        "step": mutant.step,
        "operator": mutant.operator,
        "description": mutant.description,
        "location": str(mutant.location),
        "status": report.status(mutant).value,
        "killer": None
        if killer is None
        else {
            "kind": killer.kind,
            "name": killer.name,
            "step": killer.step,
            "location": report.where(killer),
            "offset": killer.offset,
        },
        "message": verdict.message if verdict else "",
        "seconds": verdict.seconds if verdict else None,
        "equivalent": entry.reason if entry else None,
        "basis": report.bases.get(mutant.id),
    }


def article_digest(article: Article) -> str:
    """Of what a report is about: platform, login and all steps of the resolved *article*; empty without steps."""
    return next(reversed(chain(f"{article.platform} {article.login}", article.steps)), "")


def as_dict(report: Report) -> dict[str, Any]:
    """Plain values for JSON."""
    facts = report.facts
    return {
        "schema": SCHEMA_VERSION,
        "article": report.article.slug,
        "source": report.article.source,
        "digest": article_digest(report.article),
        "finished": report.finished,
        "machine": None
        if facts is None
        else {name: getattr(facts, name) for name in ("driver", "accelerator", "platform", "image", "cpus", "memory")},
        "selection": asdict(report.selection),
        "population": dict(report.population),
        "sound": report.sound,
        "limits": dict(report.limits),
        "dropped": _score(report.score(dropped=True)),
        "altered": _score(report.score(dropped=False)),
        "looking": list(report.looking),
        "problems": [str(problem) for problem in report.wrong],
        "checks": {name: report.checks[name] for name in sorted(report.checks)},
        "mutants": [_mutant(report, mutant) for mutant in report.mutants],
    }


def dump(report: Report) -> str:
    """The report's JSON."""
    return json.dumps(as_dict(report), indent=1, ensure_ascii=False) + "\n"
