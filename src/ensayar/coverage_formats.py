"""The coverage as text: for people, as JSON (``schemas/coverage.schema.json``), as annotations of a pull request.

A format is a function from a report to lines, and an entry in :data:`FORMATS`.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ensayar.coverage import FAILED, PASSED, WHY_NOT, Share, not_observed
from ensayar.verdict import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ensayar.coverage import ArticleCoverage, Covered, Observation, Report
    from ensayar.model import Location

SCHEMA_VERSION = 1
_DONE = {"file": "written", "console": "run", "skip": "skipped"}
_SIGNS = {PASSED: "✓", FAILED: "✗"}
_PLANNED = "○"
_EXCUSED = "\N{EN DASH}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


# --- for people -------------------------------------------------------------------------------------------------------


def text(report: Report) -> Iterator[str]:
    """Each block with its checks, then the sums."""
    for article in report.articles:
        for block in article.blocks:
            yield f"{block.location}: {_block(block)}"
            yield from _observations(block)
    for article in report.articles:
        yield from ("", article.source)
        yield f"  planned:  {_sums(article.run(verified=False), article.observed(verified=False))}"
        yield f"  verified: {_verified(article)}"
        if article.minimum.run or article.minimum.observed:
            of = "verified" if report.verified else "planned"
            yield (
                f"  minimum:  {article.minimum.run} % run or written, {article.minimum.observed} % observed, "
                f"of what is {of}"
            )
    if len(report.articles) > 1:
        yield from ("", f"{len(report.articles)} articles")
        for name, verified in (("planned: ", False), ("verified:", True)):
            yield f"  {name} {_sums(*totals(report, verified=verified))}"


def _block(block: Covered) -> str:
    if block.standing is None:
        return f"{f'{block.name}: ' if block.name else ''}skipped ({block.reason})"
    done = _DONE[block.kind]
    if block.standing is not Standing.VERIFIED:
        done = f"to be {done}"
        # of an article that was never rehearsed the sums say so, once
        done += f" ({WHY_NOT[block.standing]})" if block.standing is not Standing.NEVER else ""
    passed = sum(one.standing == PASSED for one in block.observations)
    planned = sum(one.standing != PASSED and not one.check.excuse for one in block.observations)
    observed = [f"observed by {_counted(passed, 'check')}"] if passed else []
    observed += [f"to be observed by {_counted(planned, 'check')}"] if planned else []
    return f"{block.name}: {', '.join([done, *(observed or ['never observed'])])}"


def _observations(block: Covered) -> Iterator[str]:
    def alike(one: Observation) -> tuple[str, str, str]:
        return (one.standing, one.check.excuse, one.check.description)

    # the cases of a parametrized check follow one another, and say the same
    for (standing, excuse, description), group in groupby(block.observations, alike):
        number = len(list(group))
        sign = _EXCUSED if excuse else _SIGNS.get(standing, _PLANNED)
        rest = f" ({excuse})" if excuse else ""
        yield f"    {sign} {description}{f' ×{number}' if number > 1 else ''}{rest}"  # noqa: RUF001  (times, not x)


def _sums(run: Share, observed: Share) -> str:
    return (
        f"{run.covered} of {_counted(run.total, 'block')} run or written ({run.percent:g} %), "
        f"{observed.covered} of {_counted(observed.total, 'step')} observed ({observed.percent:g} %)"
    )


def _verified(article: ArticleCoverage) -> str:
    if article.rehearsed is None:
        return "nothing, it was never rehearsed"
    sums = _sums(article.run(verified=True), article.observed(verified=True))
    return f"{sums} in the rehearsal of {article.rehearsed}"


def totals(report: Report, *, verified: bool) -> tuple[Share, Share]:
    """What is run or written, and what is observed, of all articles."""
    runs = [article.run(verified=verified) for article in report.articles]
    observed = [article.observed(verified=verified) for article in report.articles]
    first, second = (Share(sum(s.covered for s in shares), sum(s.total for s in shares)) for shares in (runs, observed))
    return first, second


# --- for programs -----------------------------------------------------------------------------------------------------


def as_dict(report: Report) -> dict[str, Any]:
    """Plain values for JSON, with the schema's version."""
    return {
        "schema": SCHEMA_VERSION,
        "counted": "verified" if report.verified else "planned",
        "articles": [_article_dict(article) for article in report.articles],
        "totals": {name: _measures(*totals(report, verified=name == "verified")) for name in ("planned", "verified")},
        "shortfalls": [{**_place(problem.location), "message": problem.message} for problem in report.shortfalls],
    }


def _article_dict(article: ArticleCoverage) -> dict[str, Any]:
    return {
        "article": article.slug,
        "source": article.source,
        "rehearsed": article.rehearsed,
        "minimum": {"run": article.minimum.run, "observed": article.minimum.observed},
        "planned": _measures(article.run(verified=False), article.observed(verified=False)),
        "verified": _measures(article.run(verified=True), article.observed(verified=True)),
        "blocks": [_block_dict(block) for block in article.blocks],
    }


def _block_dict(block: Covered) -> dict[str, Any]:
    return {
        **_place(block.location),
        "name": block.name,
        "kind": block.kind,
        "becomes": _DONE[block.kind],
        "reason": block.reason or None,
        "standing": block.standing.value if block.standing else None,
        "checks": [
            {
                "name": one.check.name,
                "description": one.check.description,
                "location": str(one.check.location),
                "standing": one.standing,
                "excuse": one.check.excuse or None,
            }
            for one in block.observations
        ],
    }


def _place(location: Location) -> dict[str, str]:
    return {"location": str(location)}


def _measures(run: Share, observed: Share) -> dict[str, Any]:
    return {
        name: {"covered": share.covered, "total": share.total, "percent": share.percent}
        for name, share in (("run", run), ("observed", observed))
    }


def json_text(report: Report) -> Iterator[str]:
    """One object."""
    yield json.dumps(as_dict(report), indent=1, ensure_ascii=False)


# --- for continuous integration ---------------------------------------------------------------------------------------


def github(report: Report) -> Iterator[str]:
    """Workflow commands: errors for what falls short of a minimum, warnings for other steps that no check observes.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    named = {problem.location for problem in report.shortfalls}
    for problem in report.shortfalls:
        yield annotation("error", problem.location, problem.message)
    for article in report.articles:
        for block in article.blocks:
            blind = block.standing is not None and not block.is_observed(verified=report.verified)
            if blind and block.location not in named:
                yield annotation("warning", block.location, not_observed(block, verified=report.verified))


def annotation(level: str, location: Location, message: str) -> str:
    """One workflow command, escaped as
    https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts does.
    """
    data = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    path = location.path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    path = path.replace(":", "%3A").replace(",", "%2C")
    return f"::{level} file={path},line={location.line}::{data}"


FORMATS: dict[str, Callable[[Report], Iterator[str]]] = {"text": text, "json": json_text, "github": github}
"""By the name that ``--format`` takes."""
