"""The turns of both stacks, as they are measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stacks.measured import FIGURES, Turn
from stacks.running import WARM_UP
from stacks.stack import STACKS

if TYPE_CHECKING:
    from stacks.running import Running
    from stacks.stack import Stack


@dataclass(slots=True)
class Part:
    """One stack's part in a round, as far as it has been measured."""

    number: int
    """Of the round."""
    stack: Stack
    running: Running
    requests: int
    """How many pages each load has."""
    found: dict[str, Any] = field(default_factory=dict)
    """By the names of :data:`stacks.measured.FIGURES`."""

    def pace(self) -> float:
        """How many pages a second the stack gives to visitors."""
        known = self.found.get("nginx")
        found: float = (known or self.running.by_nginx(WARM_UP)).per_second
        return found


@dataclass(slots=True)
class Bench:
    """What a run has found out so far."""

    head: dict[str, Any] = field(default_factory=dict)
    """What the file says before the rounds."""
    parts: list[Part] = field(default_factory=list)

    def rounds(self) -> list[dict[str, Turn]]:
        """The rounds in which everything was measured of both stacks, each by the names of the stacks."""
        whole = [part for part in self.parts if set(part.found) == set(FIGURES)]
        numbers = dict.fromkeys(part.number for part in whole)
        found = [{part.stack.name: Turn(**part.found) for part in whole if part.number == number} for number in numbers]
        return [each for each in found if len(each) == len(STACKS)]
