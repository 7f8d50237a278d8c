"""What a benchmark finds out: figures, each with its bound, in sections; and their JSON."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SCHEMA = 1
TIMES = "×"  # noqa: RUF001  (the sign of multiplication is meant)
WITHIN, SHORT = "within", "falls short"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number."""

    what: str
    """What it is, in words."""
    value: float
    """The number itself."""
    unit: str
    """Seconds, times, megabytes…"""
    how: str
    """How often it was measured, and what was made of that."""
    samples: tuple[float, ...] = ()
    """The single measurements."""
    bound: float | None = None
    """What the value may be at most."""
    least: float | None = None
    """What the value has to be at least."""

    @property
    def verdict(self) -> str:
        """``within`` its bounds, or ``falls short``; empty without one."""
        if self.bound is None and self.least is None:
            return ""
        over = self.bound is not None and self.value > self.bound
        under = self.least is not None and self.value < self.least
        return SHORT if over or under else WITHIN


@dataclass(frozen=True, slots=True)
class Section:
    """One question and its answers."""

    key: str
    """The letter it is asked for by."""
    title: str
    """The question."""
    measured: str
    """The day, ISO 8601."""
    commit: str
    """What was measured; ``+`` at its end: with changes that are not committed."""
    machine: dict[str, str]
    """What it was measured on."""
    figures: tuple[Figure, ...]
    """In the order in which they are shown."""


@dataclass(slots=True)
class Report:
    """The sections that were measured, by key."""

    sections: dict[str, Section] = field(default_factory=dict)
    """Sorted when they are written."""

    def add(self, section: Section) -> tuple[str, ...]:
        """Keep *section*; the keys of those that are dropped because they are another machine's."""
        others = tuple(key for key, each in self.sections.items() if each.machine != section.machine)
        for key in others:
            del self.sections[key]
        self.sections[section.key] = section
        return tuple(key for key in others if key != section.key)

    def dump(self) -> str:
        """As JSON."""
        sections = [asdict(self.sections[key]) for key in sorted(self.sections)]
        for section in sections:
            for figure in section["figures"]:
                figure["verdict"] = Figure(**{**figure, "samples": ()}).verdict
                if figure["least"] is None:  # as most are
                    del figure["least"]
        return json.dumps({"schema": SCHEMA, "sections": sections}, indent=1, ensure_ascii=False) + "\n"


def load(path: Path) -> Report:
    """The report in *path*, empty where there is none or it is of another schema."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Report()
    if data["schema"] != SCHEMA:
        return Report()
    return Report({each["key"]: _section(each) for each in data["sections"]})


def _section(data: dict[str, Any]) -> Section:
    figures = []
    for each in data["figures"]:
        fields: dict[str, Any] = {name: value for name, value in each.items() if name != "verdict"}
        fields["samples"] = tuple(fields["samples"])
        figures.append(Figure(**fields))
    return Section(**{**data, "figures": tuple(figures)})


def seconds(what: str, samples: Sequence[float], bound: float | None = None) -> Figure:
    """The median of *samples*, in seconds."""
    return Figure(what, round(statistics.median(samples), 4), "s", times(samples), rounded(samples), bound)


def ratio(what: str, value: float, bound: float | None = None, how: str = "of the two") -> Figure:
    """*value* as a ratio."""
    return Figure(what, round(value, 3), TIMES, how, (), bound)


def times(samples: Sequence[float]) -> str:
    """How *samples* came about, in words."""
    return "once" if len(samples) == 1 else f"median of {len(samples)}"


def rounded(samples: Sequence[float]) -> tuple[float, ...]:
    """*samples* as they are kept."""
    return tuple(round(each, 4) for each in samples)
