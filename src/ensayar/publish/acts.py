"""One step in the full report: what was done in it, what came out, and what was checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from ensayar.model import ConsoleStep, FileStep
from ensayar.publish.html import element, join
from ensayar.publish.marking import safe
from ensayar.publish.standing import check_words, sign_html
from ensayar.publish.terminal import printed_html
from ensayar.publish.words import counted, date_and_time, duration, say
from ensayar.screen import terminal_lines
from ensayar.verdict import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ensayar.evidence import CheckEvidence, CommandEvidence, StepEvidence
    from ensayar.model import Step
    from ensayar.publish.page import Page

DATA = "evidence.json"
"""The record itself, beside the page."""
_CHANGES = {None: "gone", Standing.CHANGED: "changed", Standing.AFTER_CHANGE: "after"}


@dataclass(frozen=True, slots=True)
class Act:
    """A step as it was rehearsed, and as it stands in the article."""

    number: int
    """Its place, counted from 1."""
    anchor: str
    """Its ``id`` on the page."""
    seen: StepEvidence
    """What was seen."""
    step: Step | None
    """The article's own, resolved; ``None`` where it is no longer the same."""
    standing: Standing | None
    """How it stands in the article; ``None`` where it is not there any more."""

    @property
    def passed(self) -> bool | None:
        """Whether it worked, as its checks see it; ``None``: nobody knows."""
        if self.seen.status == "passed":
            return all(check.passed for check in self.seen.checks)
        return False if self.seen.status == "failed" else None

    @property
    def kind(self) -> str:
        """A class of its element."""
        return "not-reached" if self.passed is None else "passed" if self.passed else "failed"

    @property
    def reached(self) -> bool:
        """Whether the rehearsal came to it."""
        return self.passed is not None


def act_html(act: Act, page: Page) -> Markup:
    """The section about *act*."""
    name = element("code", safe(act.seen.name))
    return element(
        "section",
        element("h3", name, " ", _anchor(act, page.language)),
        element("p", join(_facts(act, page), " · "), class_="meta"),
        *_remarks(act, page.language),
        *_done(act, page.language),
        *_checks(act, page),
        id=act.anchor,
        class_=f"act {act.kind}",
    )


def _anchor(act: Act, language: str) -> Markup:
    label = str(say(language, "report-anchor", name=_label(act)))
    return element("a", "§", class_="anchor", href=f"#{act.anchor}", aria_label=label)


def _label(act: Act) -> str:
    """What an attribute may call it: the article's names are plain, those in a record may be anything."""
    return act.anchor if act.anchor == act.seen.name else str(act.number)


def _facts(act: Act, page: Page) -> Iterator[Markup]:
    language = page.language
    yield join([sign_html(passed=act.passed), say(language, f"report-step-{act.kind}")], " ")
    if act.reached:
        yield element("span", duration(language, act.seen.duration), class_="duration")
    if act.seen.recorded:
        yield say(language, "report-step-reused", date=date_and_time(language, act.seen.recorded))
    if act.standing is not None and act.anchor == act.seen.name:
        label = str(say(language, "report-back-of", name=act.anchor))
        yield element("a", say(language, "report-back"), href=f"{page.places.article}#{act.anchor}", aria_label=label)
    path, _, line = act.seen.location.rpartition(":")
    if page.evidence is not None and path == page.evidence.source:
        yield element("span", say(language, "report-line", line=line), class_="location")
    else:
        yield element("code", safe(act.seen.location), class_="location")


def _remarks(act: Act, language: str) -> Iterator[Markup]:
    if act.standing in _CHANGES:
        yield element("p", say(language, f"report-step-{_CHANGES[act.standing]}"), class_="remark")


def _done(act: Act, language: str) -> Iterator[Markup]:
    if not act.reached:
        return
    if act.seen.kind == "file":
        yield _file(act.step, language)
        return
    step = act.step if isinstance(act.step, ConsoleStep) else None
    if step is not None and step.background:  # it goes on running, and has no record of its own
        (command,) = step.commands
        yield _command(command.account.value, command.text)
        yield element("p", say(language, "report-background"), class_="facts")
    for seen in act.seen.commands:
        if seen.command:
            yield _command(seen.account, seen.command)
            yield element("p", join(_command_facts(seen, language), " · "), class_="facts")
        elif step is not None and step.output_of:
            link = element("a", element("code", step.output_of), href=f"#{step.output_of}")
            yield element("p", say(language, "report-output-of", link=link), class_="facts")
        data = element("a", element("code", DATA), href=DATA)
        yield printed_html(seen.output, data, language, unfolded=act.passed is False)
    if step is not None and step.wait is not None and not step.output_of:
        yield element("p", say(language, "report-wait"), class_="facts")
    if step is not None and step.reboot:
        yield element("p", say(language, "report-reboot"), class_="facts")


def _file(step: Step | None, language: str) -> Markup:
    if not isinstance(step, FileStep):
        return element("p", say(language, "report-file"))
    words = say(
        language,
        "report-file-of",
        path=element("code", safe(step.path)),
        owner=element("code", safe(f"{step.owner}:{step.group}")),
        mode=element("code", f"{step.mode:04o}"),
        count=counted(language, step.content.count("\n"), "line", "lines"),
    )
    return element("p", words)


def _command(account: str, text: str) -> Markup:
    prompt = element("span", safe(account), class_="prompt root" if account == "#" else "prompt user")
    return element("pre", prompt, " ", element("code", safe(text)), class_="command")


def _command_facts(seen: CommandEvidence, language: str) -> Iterator[Markup]:
    if seen.exit_status is None:
        yield say(language, "report-status-none")
    else:
        yield say(language, "report-status", status=seen.exit_status)
    yield Markup("{}").format(duration(language, seen.duration))
    if not terminal_lines(seen.output):
        yield say(language, "report-silent")


def _checks(act: Act, page: Page) -> Iterator[Markup]:
    if not act.seen.checks:
        return
    yield element("p", say(page.language, "report-checks"), class_="facts")
    yield element("ul", *(_check(check, page) for check in act.seen.checks), class_="checks")


def _breaking(name: str) -> Markup:
    """A test's name, which a narrow screen may break where its parts meet."""
    parts = re.split(r"(?<=/)|(?<=::)|(?=\[)", name)
    # no <wbr>: the parser that Nikola puts pages through takes it for an element with an end
    return element("code", *(element("span", safe(part)) for part in parts), class_="parts")


def _check(check: CheckEvidence, page: Page) -> Markup:
    facts = element("span", duration(page.language, check.duration), " · ", _breaking(check.name), class_="facts")
    words = check_words(check, page.language, page.spoken)
    return element("li", words, " ", facts, class_="passed" if check.passed else "failed")
