"""What came of a session: how many of what, and each failure in words."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """What came of a session."""

    steps: int = 0
    """Steps that passed."""
    checks: int = 0
    """Checks that passed."""
    failures: list[str] = field(default_factory=list)
    """Each in words."""
    known_steps: int = 0
    """Steps that passed in an earlier rehearsal and were not played."""
    known_checks: int = 0
    """Checks that passed in an earlier rehearsal and were not made."""
    not_reached: int = 0
    """Steps and checks after a failure."""
    infrastructure: bool = False
    """Whether a machine was at fault."""
    uncollected: bool = False
    """Whether an article or a file of checks could not be read."""
    bug: bool = False
    """Whether something failed that is neither the article nor the machine."""
