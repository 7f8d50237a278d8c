"""The full report of a rehearsal: all that its evidence holds, as a page of its own.

What comes in is a :class:`~ensayar.publish.page.Page` with evidence; what goes out is what stands under the page's
heading. It tells what was seen then; where the article says something else by now, that is said, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar.evidence import MIRROR
from ensayar.parameters import NAME, resolve
from ensayar.publish.acts import DATA, Act, act_html
from ensayar.publish.facts import Fact, accelerator_name, adaptations_fact, facts_html, mutation_fact, versions_fact
from ensayar.publish.html import element, join
from ensayar.publish.marking import safe
from ensayar.publish.standing import sign_html, spoken_html
from ensayar.publish.words import date_and_time, duration, platform_name, say
from ensayar.verdict import stale

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markupsafe import Markup

    from ensayar.evidence import Evidence
    from ensayar.publish.page import Page

_OUTCOMES = {"passed": True, "failed": False}


def report_html(page: Page, evidence: Evidence) -> Markup:
    """All of *evidence*."""
    language = page.language
    acts = acts_of(page, evidence)
    return join(
        [
            _box(page, evidence, acts),
            _section(language, "report-machine", _machine(evidence, acts, language)),
            _section(
                language,
                "report-steps",
                element("p", say(language, "report-steps-intro")),
                _overview(acts, language),
                element("div", *(act_html(act, page) for act in acts), class_="acts", data_nosnippet=True),
            ),
            _section(language, "report-skips", _skips(page, evidence)),
            _section(language, "report-data", _data(evidence, language)),
        ]
    )


def acts_of(page: Page, evidence: Evidence) -> list[Act]:
    """The recorded steps, each with the article's own where that is still the same."""
    steps = {step.name: step for step in resolve(page.article).steps}
    acts: list[Act] = []
    anchors: set[str] = set()
    for number, seen in enumerate(evidence.steps, start=1):
        verdict = page.verdicts.get(seen.name)
        # a record may hold any name; one that no article could have, or that comes twice, is no anchor
        anchor = seen.name if NAME.fullmatch(seen.name) and seen.name not in anchors else f"_{number}"
        anchors.add(anchor)
        same = verdict is not None and verdict.evidence is seen
        acts.append(
            Act(number, anchor, seen, steps.get(seen.name) if same else None, verdict.standing if verdict else None)
        )
    return acts


def _section(language: str, key: str, *content: Markup) -> Markup:
    return element("section", element("h2", say(language, key)), *content)


def _box(page: Page, evidence: Evidence, acts: Sequence[Act]) -> Markup:
    language = page.language
    passed = _OUTCOMES.get(evidence.outcome)
    outcome = evidence.outcome if evidence.outcome in {"passed", "failed", "interrupted"} else "interrupted"
    checks = [check for step in evidence.steps for check in step.checks]
    done = sum(act.passed is True for act in acts)
    facts: list[Fact] = [
        ("date", date_and_time(language, evidence.started)),
        ("duration", duration(language, evidence.duration)),
        ("steps", say(language, "report-steps-of", passed=done, total=len(evidence.steps))),
        ("report-commands", str(sum(len(step.commands) for step in evidence.steps))),
        ("checks-title", say(language, "checks-of", passed=sum(c.passed for c in checks), total=len(checks))),
        *mutation_fact(page.noticed, language),
        ("skips", str(len(evidence.skips))),
    ]
    words = element("p", sign_html(passed=passed), " ", say(language, f"report-{outcome}"), class_="outcome")
    warnings: list[Markup] = []
    failed = [act for act in acts if act.passed is False]
    if failed:
        links = join(map(_link, failed), ", ")
        warnings.append(element("p", say(language, "box-failed-at", link=links)))
    if stale(page.verdicts, evidence):
        warnings.append(element("p", say(language, "report-stale")))
    return element(
        "aside",
        words,
        *warnings,
        facts_html(facts, language),
        class_=f"rehearsal {outcome}",
        aria_label=str(say(language, "box")),
    )


def _machine(evidence: Evidence, acts: Sequence[Act], language: str) -> Markup:
    machine = evidence.machine
    facts: list[Fact] = [
        ("report-platform", safe(platform_name(machine.platform))),
        ("report-driver", safe({"qemu": "QEMU"}.get(machine.driver, machine.driver))),
        ("accelerator", accelerator_name(machine.accelerator, language)),
        ("report-cpus", safe(str(machine.cpus))),
        ("report-memory", say(language, "report-memory-of", memory=machine.memory)),
        *([("report-parameters", _values(evidence))] if evidence.parameters else []),
        ("report-image", element("code", safe(machine.image))),
        ("report-checkpoint", _beginning(evidence, acts, language)),
        *versions_fact(evidence.versions),
        *adaptations_fact(machine, language),
    ]
    return facts_html(facts, language)


def _values(evidence: Evidence) -> Markup:
    return join((element("code", safe(f"{name}={value}")) for name, value in evidence.parameters.items()), ", ")


def _beginning(evidence: Evidence, acts: Sequence[Act], language: str) -> Markup:
    start = evidence.checkpoint
    if start is None:
        return say(language, "report-checkpoint-none")
    known = next((act for act in acts if act.seen.name == start.step), None)
    return say(
        language,
        "report-checkpoint-of",
        step=_link(known) if known else element("code", safe(start.step)),
        date=date_and_time(language, start.born),
        age=duration(language, start.age),
    )


def _link(act: Act) -> Markup:
    return element("a", element("code", safe(act.seen.name)), href=f"#{act.anchor}")


def _overview(acts: Sequence[Act], language: str) -> Markup:
    items = [
        element(
            "li",
            sign_html(passed=act.passed),
            " ",
            _link(act),
            " ",
            element("span", duration(language, act.seen.duration), class_="duration") if act.reached else "",
            class_=act.kind,
        )
        for act in acts
    ]
    return element("nav", element("ol", *items), class_="overview", aria_label=str(say(language, "report-steps")))


def _skips(page: Page, evidence: Evidence) -> Markup:
    if not evidence.skips:
        return element("p", say(page.language, "report-skips-none"))
    return element("ul", *_skip_items(page, evidence))


def _skip_items(page: Page, evidence: Evidence) -> Iterable[Markup]:
    for skip in evidence.skips:
        reason = spoken_html(skip.reason, page.language, page.spoken)
        yield element("li", element("code", safe(skip.location)), ": ", reason)


def _data(evidence: Evidence, language: str) -> Markup:
    link = element("a", element("code", DATA), href=DATA)
    source = element("code", safe(evidence.source))
    return element("p", say(language, "report-data-of", link=link, source=source, mirror=element("code", MIRROR)))
