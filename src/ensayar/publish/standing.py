"""How a block stands, in one line under it: verified, failed, skipped or not verified, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar.publish.html import element, join
from ensayar.publish.marking import safe
from ensayar.publish.words import counted, date, duration, say
from ensayar.verdict import Standing, Verdict

if TYPE_CHECKING:
    from markupsafe import Markup

    from ensayar.evidence import CheckEvidence

_SIGNS = {Standing.VERIFIED: "✓", Standing.FAILED: "✗"}
_UNKNOWN = "○"
_SKIPPED = "\N{EN DASH}"


def verdict_html(verdict: Verdict, language: str) -> Markup:
    """The line under a step; the checks unfold from it."""
    facts = [say(language, verdict.standing.value, date=date(language, verdict.started))]
    checks = verdict.evidence.checks if verdict.evidence else ()
    if verdict.evidence and verdict.standing is not Standing.NOT_REACHED:
        facts.append(element("span", duration(language, verdict.evidence.duration), class_="duration"))
    if checks:
        facts.append(counted(language, len(checks), "check", "checks"))
    line = join([_sign(_SIGNS.get(verdict.standing, _UNKNOWN)), join(facts, " · ")], " ")
    if verdict.standing in _SIGNS:
        line += element("span", class_="as-rehearsed")  # filled where the reader has put in values of their own
    classes = f"verdict {verdict.standing.value}"
    if not checks:
        return element("p", line, class_=classes)
    items = join(_check(check, language) for check in checks)
    return element("details", element("summary", line), element("ul", items), class_=classes)


def _check(check: CheckEvidence, language: str) -> Markup:
    sign = _sign(_SIGNS[Standing.VERIFIED if check.passed else Standing.FAILED])
    if check.passed:
        return element("li", sign, " ", safe(check.description), class_="passed")
    return element("li", sign, " ", safe(check.description), ": ", say(language, "check-failed"), class_="failed")


def skip_html(reason: str, language: str) -> Markup:
    """The line under a block that is not run."""
    return element("p", _sign(_SKIPPED), " ", say(language, "skipped"), " ", safe(reason), class_="verdict skipped")


def _sign(sign: str) -> Markup:
    return element("span", sign, class_="sign", aria_hidden="true")
