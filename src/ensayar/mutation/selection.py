"""Which mutants of an article are wanted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.errors import UsageError
from ensayar.parameters import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ensayar.mutation.model import Mutant


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for; without anything, all."""

    steps: tuple[str, ...] = ()
    """Only mutants of these steps."""
    operators: tuple[str, ...] = ()
    """Only faults of these kinds."""
    only: str | None = None
    """``dropped`` or ``altered``."""
    sample: int | None = None
    """So many of those, at random."""
    all_dropped: bool = False
    """The sample is of the altered ones, and comes on top of every dropped one."""
    seed: int = 0
    """Which random ones: the same seed finds the same mutants, also after edits elsewhere."""


def select(mutants: Sequence[Mutant], wanted: Selection) -> tuple[Mutant, ...]:
    """Those of *mutants* that are *wanted*, in their order.

    :raises UsageError: a step or an operator that has none, or both together have none.
    """
    for kind, names, known in (
        ("step", wanted.steps, {mutant.step for mutant in mutants}),
        ("operator", wanted.operators, {mutant.operator for mutant in mutants}),
    ):
        for name in names:
            if name not in known:
                message = f"no mutants of {kind} “{name}”; {did_you_mean(name, known)}"
                raise UsageError(message)
    found = [
        mutant
        for mutant in mutants
        if (not wanted.steps or mutant.step in wanted.steps)
        and (not wanted.operators or mutant.operator in wanted.operators)
        and (wanted.only is None or mutant.dropped == (wanted.only == "dropped"))
    ]
    if mutants and not found:
        message = "no mutant is all that was asked for; look at the whole --list"
        raise UsageError(message)
    if wanted.sample is None:
        return tuple(found)
    # by lot and not by position, so that a mutant more or less changes the sample by one
    lots = {mutant.id: hashlib.sha256(f"{wanted.seed}:{mutant.id}".encode()).hexdigest() for mutant in found}
    certain = {mutant.id for mutant in found if mutant.dropped and wanted.all_dropped}
    drawn = certain | set(sorted(lots.keys() - certain, key=lambda name: lots[name])[: wanted.sample])
    return tuple(mutant for mutant in found if mutant.id in drawn)
