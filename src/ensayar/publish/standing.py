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


def verdict_html(verdict: Verdict, language: str, whole: Markup | None = None, spoken: str = "") -> Markup:
    """The line under a step; the checks unfold from it.

    :param whole: a link to all that was seen.
    :param spoken: the language of the checks' words, where it is known.
    """
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
        return element("p", join([line, *([whole] if whole else [])], " · "), class_=classes)
    items = join(_check(check, language, spoken) for check in checks)
    more = element("p", whole) if whole else ""
    return element("details", element("summary", line), element("ul", items), more, class_=classes)


def _check(check: CheckEvidence, language: str, spoken: str) -> Markup:
    return element("li", check_words(check, language, spoken), class_="passed" if check.passed else "failed")


def check_words(check: CheckEvidence, language: str, spoken: str = "") -> Markup:
    """What a check observed, and whether it held.

    :param spoken: the language of its words, where it is known.
    """
    if check.passed:
        return join([sign_html(passed=True), spoken_html(check.description, language, spoken)], " ")
    observed = spoken_html(check.description.removesuffix("."), language, spoken)
    return join([sign_html(passed=False), join([observed, say(language, "check-failed")], ": ")], " ")


def spoken_html(words: str, language: str, spoken: str) -> Markup:
    """*words* in the language *spoken* on a page in *language*; where these differ, who reads it aloud must know."""
    return safe(words) if spoken in ("", language) else element("span", safe(words), lang=spoken)


def skip_html(reason: str, language: str) -> Markup:
    """The line under a block that is not run."""
    return element("p", _sign(_SKIPPED), " ", say(language, "skipped"), " ", safe(reason), class_="verdict skipped")


def sign_html(*, passed: bool | None) -> Markup:
    """The sign for what worked, what did not (``False``), and what nobody knows (``None``)."""
    return _sign(_UNKNOWN if passed is None else _SIGNS[Standing.VERIFIED if passed else Standing.FAILED])


def _sign(sign: str) -> Markup:
    return element("span", sign, class_="sign", aria_hidden="true")
