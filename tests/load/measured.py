"""What was measured under load, as values and as ``load.json``, whose form is ``load.schema.json`` beside it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from finished.news import within_noise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from load.generator import Answers

SCHEMA_VERSION = 1
FILE_NAME = "load.json"
NOISE_SECONDS = 0.5
"""Two measurements of one thing differ by this much in any case."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How one kind of operation went."""

    operation: str
    """Its name: that of its test."""
    times: int
    """How often it was done, from begin to end, while requests were coming."""
    requests: int
    """How many were sent."""
    failed: int
    """How many of them were not answered, or with another status than 200."""
    failures: Mapping[str, int]
    """The same by status; ``no answer`` where the connection broke."""
    per_second: float
    """Requests that were answered well in a second."""
    median: float
    """Seconds that half of those took at most."""
    p99: float
    """Seconds that 99 of 100 took at most."""
    slowest: float
    """Seconds that the slowest took."""
    measured: str
    """ISO 8601 date, UTC."""


def measure(operation: str, times: int, answers: Answers, day: str) -> Measured:
    """The figures of *answers* while *operation* was done so many *times*, on *day*.

    :raises AssertionError: fewer than two requests were answered well: there is nothing to measure.
    """
    good, failed = answers.seconds, sum(answers.failed.values())
    assert len(good) > 1, f"nothing came: {answers.failed}"
    return Measured(
        operation=operation,
        times=times,
        requests=len(good) + failed,
        failed=failed,
        failures=answers.failed,
        per_second=round(len(good) / answers.elapsed, 1),
        median=round(median(good), 2),
        p99=round(quantiles(good, n=100, method="inclusive")[-1], 2),
        slowest=round(good[-1], 2),
        measured=day,
    )


def document(head: Mapping[str, Any], results: Iterable[Measured], before: str | None) -> str:
    """The text of the file: *results*, and what the file that was there *before* says of other operations.

    An operation stays as it is where nothing but noise has changed. Figures of another machine, or of the article at
    another place, go: they cannot be compared.

    :param head: ``article``, the step ``after`` which it was measured, and the ``machine``.
    """
    full = {"schema": SCHEMA_VERSION, **head}
    known = _operations(before, full)
    for result in results:
        now = asdict(result)
        if result.operation not in known or not alike(known[result.operation], now):
            known[result.operation] = now
    return (
        json.dumps({**full, "operations": [known[name] for name in sorted(known)]}, indent=1, ensure_ascii=False) + "\n"
    )


def _operations(text: str | None, head: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
        same = {key: value for key, value in found.items() if key != "operations"} == head
        return {str(each["operation"]): each for each in found["operations"]} if same else {}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def alike(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether two measurements of one operation differ in nothing but the day and the noise."""
    # Whether requests were lost is news, and so is another load; how many of those that were bound to be is not.
    return (
        before["requests"] == now["requests"]
        and bool(before["failed"]) == bool(now["failed"])
        and all(within_noise(before[key], now[key], NOISE_SECONDS) for key in ("median", "p99", "slowest"))
    )
