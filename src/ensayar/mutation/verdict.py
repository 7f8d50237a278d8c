"""What became of a mutant, and the score of many."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ensayar.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ensayar.model import Article


class Status(enum.Enum):
    """What became of a mutant."""

    KILLED = "killed"
    """A step or a check went red."""
    TIMED_OUT = "timed out"
    """A command or a check did not end within its limit."""
    SURVIVED = "survived"
    """All following steps and checks were green."""
    UNDECIDED = "undecided"
    """All was green as far as the given time went."""
    ERROR = "error"
    """The machine failed twice: nothing is known."""
    PENDING = "pending"
    """Not rehearsed."""


DEAD = frozenset({Status.KILLED, Status.TIMED_OUT})
DECIDED = DEAD | {Status.SURVIVED}


@dataclass(frozen=True, slots=True)
class Killer:
    """The step or check that went red."""

    kind: str
    """``step`` or ``check``."""
    name: str
    """The step's name, or pytest's node id of the check."""
    step: str
    """The step that it belongs to; empty for a test that is bound to none."""
    place: str
    """For a check: its own ``file:line``."""
    offset: int
    """For a step: lines from its directive to the command; the article's prose may have moved since."""

    def where(self, article: Article) -> str:
        """``file:line``, as things stand in *article*."""
        if self.kind == "check":
            return self.place
        location = article.step(self.step).location
        return str(Location(location.path, location.line + self.offset))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one mutant."""

    mutant: str
    """Its id."""
    status: Status
    """What became of it."""
    killer: Killer | None
    """Who noticed."""
    message: str
    """What was seen, in one line; for an error, what happened."""
    seconds: float
    """How long the rehearsal took, from the restored machine to the verdict."""
    seen: Mapping[str, str] = field(default_factory=dict)
    """Of a survivor: the checks that were green, by pytest's node id, each with its digest."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the journal."""
        killer = self.killer
        return {
            "mutant": self.mutant,
            "status": self.status.value,
            "killer": None if killer is None else {name: getattr(killer, name) for name in Killer.__slots__},
            "message": self.message,
            "seconds": round(self.seconds, 1),
            **({"seen": dict(self.seen)} if self.seen else {}),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Verdict:
        """The inverse of :meth:`as_dict`; :class:`KeyError`, :class:`TypeError` or :class:`ValueError` otherwise."""
        killer = Killer(**data["killer"]) if data["killer"] is not None else None
        seen = {str(name): str(digest) for name, digest in data.get("seen", {}).items()}
        status, message = Status(data["status"]), str(data["message"])
        return cls(str(data["mutant"]), status, killer, message, float(data["seconds"]), seen)


@dataclass(frozen=True, slots=True)
class Score:
    """How many mutants came to what."""

    counts: tuple[tuple[Status, int], ...]
    """Each status with its number, all of them."""
    explained: int
    """Survivors whose equivalence is explained."""

    def count(self, *statuses: Status) -> int:
        """How many have one of *statuses*."""
        return sum(number for status, number in self.counts if status in statuses)

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(number for _, number in self.counts)

    @property
    def value(self) -> float | None:
        """Killed, the timed-out included, as a share of the decided; explained survivors count as survivors."""
        decided = self.count(*DECIDED)
        return self.count(*DEAD) / decided if decided else None


def score(statuses: Iterable[Status], explained: int) -> Score:
    """The score of mutants with these *statuses*."""
    found = list(statuses)
    return Score(tuple((status, found.count(status)) for status in Status), explained)
