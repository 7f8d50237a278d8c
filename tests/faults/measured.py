"""What was measured when something died, as values and as ``faults.json``.

The form of the file is ``faults.schema.json``, beside this module. Seconds count from right before the fault was
made, so that what it takes to reach into the machine is in them: nothing is better than it is said to be.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from finished.news import within_noise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCHEMA_VERSION = 1
FILE_NAME = "faults.json"
NOISE_SECONDS = 2.0
"""Two measurements of one thing differ by this much in any case."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How one fault went."""

    fault: str
    """Its name: that of its test."""
    answers: float
    """Seconds until the first page that came well and was followed by good ones only."""
    answers_within: float
    """What that may take."""
    whole: float
    """Seconds until every process was there again, from the fault or from when it was mended."""
    whole_within: float
    """What that may take."""
    slowest: float
    """Seconds that the slowest good page took."""
    pages: int
    """How many pages were asked for from the fault on."""
    pages_failed: int
    """How many of them did not come, or not well."""
    entries: int
    """How many entries were sent."""
    entries_failed: int
    """How many of them were not acknowledged."""
    lost: int
    """How many that had been acknowledged were not there afterwards."""


def document(article: str, after: str, machine: Mapping[str, Any], day: str, results: Iterable[Measured]) -> str:
    """The text of the file: *results*, measured on *day* on *machine* after the step *after* of *article*."""
    faults = [asdict(result) for result in results]
    head = {"schema": SCHEMA_VERSION, "article": article, "after": after, "measured": day, "machine": dict(machine)}
    return json.dumps({**head, "faults": faults}, indent=1, ensure_ascii=False) + "\n"


def alike(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether two documents differ in nothing but the day and the noise."""
    head = [{key: value for key, value in each.items() if key not in {"measured", "faults"}} for each in (before, now)]
    old, new = ({fault["fault"]: fault for fault in each["faults"]} for each in (before, now))
    return head[0] == head[1] and list(old) == list(new) and all(_alike(old[name], new[name]) for name in new)


def _alike(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    exact = ("answers_within", "whole_within", "lost")
    seconds = ("answers", "whole", "slowest")
    # Whether visitors were turned away is news; how many depends on when they came.
    some = ("pages_failed", "entries_failed")
    return (
        all(before[key] == now[key] for key in exact)
        and all(within_noise(before[key], now[key], NOISE_SECONDS) for key in seconds)
        and all(bool(before[key]) == bool(now[key]) for key in some)
    )
