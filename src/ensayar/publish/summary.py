"""The box at the top of an article: when and where it was rehearsed, and what of that still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from ensayar.publish.blocks import step_link
from ensayar.publish.facts import Fact, accelerator_name, adaptations_fact, facts_html, mutation_fact, versions_fact
from ensayar.publish.html import element, join
from ensayar.publish.words import counted, date, duration, platform_name, say
from ensayar.verdict import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ensayar.evidence import Evidence
    from ensayar.publish.page import Page

_UNVERIFIED = frozenset({Standing.NOT_REACHED, Standing.CHANGED, Standing.AFTER_CHANGE, Standing.NEVER})


def summary_html(page: Page) -> Markup:
    """What a reader may rely on, as a box."""
    if page.evidence is None:
        content = join([_outcome(page, "never"), _never(page)])
        kind = "never"
    else:
        kind = _kind(page, page.evidence)
        content = join([_outcome(page, kind), *_where_not(page), _facts(page, page.evidence), *_full(page)])
    return element("aside", content, class_=f"rehearsal {kind}", aria_label=str(say(page.language, "box")))


def _kind(page: Page, evidence: Evidence) -> str:
    """The outcome for the article as it is now, not as it was then."""
    if evidence.outcome in {"failed", "interrupted"}:
        return evidence.outcome
    standings = {verdict.standing for verdict in page.verdicts.values()}
    if Standing.FAILED in standings:
        return "failed"
    return "passed" if evidence.outcome == "passed" and standings <= {Standing.VERIFIED} else "partly"


def _outcome(page: Page, kind: str) -> Markup:
    sign = {"passed": "✓", "failed": "✗"}.get(kind, "○")
    return element(
        "p",
        element("span", sign, class_="sign", aria_hidden="true"),
        " ",
        say(page.language, f"box-{kind}"),
        class_="outcome",
    )


def _never(page: Page) -> Markup:
    return element("p", say(page.language, "box-never-detail", count=len(page.article.steps)))


def _where_not(page: Page) -> Iterable[Markup]:
    by_standing = [(name, verdict.standing) for name, verdict in page.verdicts.items()]
    failed = [name for name, standing in by_standing if standing is Standing.FAILED]
    unverified = [name for name, standing in by_standing if standing in _UNVERIFIED]
    if failed:
        yield element("p", say(page.language, "box-failed-at", link=_links(failed)))
    if unverified:
        yield element("p", say(page.language, "box-unverified", links=_links(unverified)))


def _links(names: Iterable[str]) -> Markup:
    return join(map(step_link, names), ", ")


def _facts(page: Page, evidence: Evidence) -> Markup:
    language = page.language
    machine = evidence.machine
    verified = sum(verdict.standing is Standing.VERIFIED for verdict in page.verdicts.values())
    checks = [check for verdict in page.verdicts.values() if verdict.evidence for check in verdict.evidence.checks]
    facts: list[Fact] = [
        ("date", date(language, evidence.started)),
        ("steps", say(language, "steps-of", verified=verified, total=len(page.article.steps))),
        ("checks-title", say(language, "checks-of", passed=sum(c.passed for c in checks), total=len(checks))),
        *mutation_fact(page.noticed, language),
        ("skips", str(len(page.article.skips))),
        ("duration", _duration(page, evidence)),
        (
            "machine",
            say(
                language,
                "machine-of",
                platform=platform_name(machine.platform),
                cpus=machine.cpus,
                memory=machine.memory,
            ),
        ),
        ("accelerator", accelerator_name(machine.accelerator, language)),
    ]
    facts += versions_fact(evidence.versions)
    facts += adaptations_fact(machine, language)
    return facts_html(facts, language)


def _duration(page: Page, evidence: Evidence) -> Markup:
    """How long it took, and how many steps it did not take again."""
    took = Markup("{}").format(duration(page.language, evidence.duration))
    reused = sum(bool(verdict.evidence and verdict.evidence.recorded) for verdict in page.verdicts.values())
    return join([took, counted(page.language, reused, "reused-one", "reused")], ", ") if reused else took


def _full(page: Page) -> Iterable[Markup]:
    if page.places.report:
        link = element("a", say(page.language, "full-link"), href=page.places.report)
        yield element("p", say(page.language, "full", link=link), class_="full")
