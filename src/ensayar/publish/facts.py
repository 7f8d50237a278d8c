"""Facts about a rehearsal, each a term and what is known: for the box on the article and for the full report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from ensayar.publish.html import element, join
from ensayar.publish.lent import lent_html
from ensayar.publish.marking import safe
from ensayar.publish.words import counted, date, say, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ensayar.evidence import MachineEvidence
    from ensayar.mutation.published import Noticed, Tried

Fact = tuple[str, str | Markup]
"""The key of the term's phrase, and what is known."""
_WIDE = frozenset({"versions", "adaptations", "report-image", "report-checkpoint"})


def facts_html(facts: Iterable[Fact], language: str) -> Markup:
    """The list of *facts*."""
    return element("dl", *(_fact(key, value, language) for key, value in facts))


def _fact(key: str, value: str | Markup, language: str) -> Markup:
    wide = "wide" if key in _WIDE else None
    return element("div", element("dt", say(language, key)), element("dd", value), class_=wide)


def accelerator_name(name: str, language: str) -> Markup:
    """What people call the way in which a machine's processor is made."""
    return say(language, name) if name in {"kvm", "hvf", "tcg"} else safe(name)


def versions_fact(versions: Mapping[str, str]) -> list[Fact]:
    """What was in the machine, if that was recorded."""
    named = (Markup("{}&nbsp;{}").format(safe(name), safe(version)) for name, version in versions.items())
    return [("versions", join(named, ", "))] if versions else []


def mutation_fact(noticed: Noticed | None, language: str) -> list[Fact]:
    """How many faults put in on purpose were noticed, if that is known."""
    if noticed is None:
        return []
    parts = [
        _tried(tried, language, kind)
        for kind, tried in (("mutation-dropped", noticed.dropped), ("mutation-altered", noticed.altered))
        if tried.total
    ]
    if noticed.explained:
        parts.append(counted(language, noticed.explained, "mutation-explained-one", "mutation-explained"))
    parts.append(say(language, "mutation-date", date=date(language, noticed.finished)))
    return [("mutation", join(parts, "; "))]


def _tried(tried: Tried, language: str, kind: str) -> Markup:
    words = say(
        language,
        kind,
        killed=tried.killed,
        total=tried.total,
        # rounded down: 99.96 % is not all of them
        percent=share(language, tried.killed * 1000 // tried.total),
    )
    drawn = [say(language, "mutation-drawn", possible=tried.possible)] if tried.drawn else []
    return join([words, *drawn], ", ")


def adaptations_fact(machine: MachineEvidence, language: str) -> list[Fact]:
    """What the machine was lent, if anything."""
    items = [element("li", lent_html(text, language)) for text in machine.adaptations]
    return [("adaptations", element("ul", *items))] if items else []
