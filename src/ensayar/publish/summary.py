"""The box at the top of an article: when and where it was rehearsed, and what of that still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from ensayar.publish.blocks import step_link
from ensayar.publish.html import element, join
from ensayar.publish.marking import safe
from ensayar.publish.words import WORDS, date, duration, platform_name, say
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
        content = join([_outcome(page, kind), *_where_not(page), _facts(page, page.evidence)])
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
    facts: list[tuple[str, str | Markup]] = [
        ("date", date(language, evidence.started)),
        ("steps", say(language, "steps-of", verified=verified, total=len(page.article.steps))),
        ("checks-title", say(language, "checks-of", passed=sum(c.passed for c in checks), total=len(checks))),
        ("skips", str(len(page.article.skips))),
        ("duration", duration(language, evidence.duration)),
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
        ("accelerator", _accelerator(machine.accelerator, language)),
    ]
    if evidence.versions:
        versions = (
            Markup("{}&nbsp;{}").format(safe(name), safe(version)) for name, version in evidence.versions.items()
        )
        facts.append(("versions", join(versions, ", ")))
    if machine.adaptations:
        facts.append(("adaptations", element("ul", *(element("li", safe(text)) for text in machine.adaptations))))
    return element("dl", *(_fact(key, value, language) for key, value in facts))


def _fact(key: str, value: str | Markup, language: str) -> Markup:
    wide = "wide" if key in {"versions", "adaptations"} else None
    return element("div", element("dt", say(language, key)), element("dd", value), class_=wide)


def _accelerator(name: str, language: str) -> Markup:
    return say(language, name) if name in WORDS["es"] and name in {"kvm", "hvf", "tcg"} else safe(name)
