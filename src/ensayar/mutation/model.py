"""The nouns of mutation: an edit of a text, and a mutant of an article."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ensayar.model import Article, Location, Step

DROP = "drop"
SUMMARY = 72


@dataclass(frozen=True, slots=True)
class Edit:
    """One way to alter a text."""

    operator: str
    """What kind of fault it is, as ``value-changed``."""
    line: int
    """The line, from 0, of what is touched."""
    before: str
    """What is touched."""
    after: str
    """What stands there instead; empty: it is lost."""
    text: str
    """The whole altered text."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """An article with one fault."""

    id: str
    """``step:operator:digest``; made from what is touched, so that edits elsewhere do not change it."""
    step: str
    """The step that is not as it should be."""
    operator: str
    """What kind of fault it is; :data:`DROP`: the step does nothing."""
    description: str
    """One line: what is touched and what stands there instead."""
    location: Location
    """The line of the source that is touched."""
    altered: Step
    """The step as the mutant has it."""
    article: Article
    """The whole article with that step, resolved."""

    @property
    def dropped(self) -> bool:
        """Whether the step is dropped rather than altered."""
        return self.operator == DROP

    def __str__(self) -> str:
        return f"{self.location}: {self.id}  {self.description}"


def summary(text: str) -> str:
    """*text* in one short line."""
    first, *rest = [line.strip() for line in text.strip().split("\n") if line.strip()] or [""]
    if len(first) > SUMMARY:
        return f"{first[: SUMMARY - 1]}…"
    return f"{first} …" if rest else first


def describe(before: str, after: str, line: str) -> str:
    """What became of *before*, which stands in *line*, in one line."""
    shown = summary(line)
    where = "" if shown.removesuffix(" …") in ("", summary(before).removesuffix(" …")) else f", in “{shown}”"
    return f"{summary(before)} → {summary(after) or '(lost)'}{where}"
