"""What was measured of both stacks, as values and as ``stacks.json``, whose form is ``stacks.schema.json`` beside it.

The file has each figure of each round, so that everything that is said of them can be worked out again. Times are in
seconds.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from finished.news import within_noise
from stacks.stack import STACKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from load.generator import Answers

SCHEMA_VERSION = 1
FILE_NAME = "stacks.json"
NOISE_SECONDS = 0.5
"""Two measurements of one time differ by this much in any case."""
DISTURBANCES = ("reload", "restart", "worker_killed", "supervisor_killed")


@dataclass(frozen=True, slots=True)
class Pages:
    """How a load of pages went, of which none failed."""

    requests: int
    """How many were sent, by clients that ask again as soon as they are answered, each time by a new connection."""
    per_second: float
    """Answered in a second."""
    median: float
    """What half of them took at most."""
    p99: float
    """What 99 of 100 took at most."""
    slowest: float
    """What the slowest took."""
    cpu: float
    """Time of a processor that the stack's processes used meanwhile."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What was done to the stack once while requests came, and how that went."""

    requests: int
    """How many were sent in all, before, meanwhile and afterwards."""
    failed: int
    """How many of them were not answered, or with another status than 200."""
    failures: Mapping[str, int]
    """The same by status; ``no answer`` where the connection broke."""
    away: float
    """From when the first that failed was sent to when the last that failed was answered."""
    slowest: float
    """What the slowest good answer took."""
    seconds: float
    """From right before it was done to when every process was there, and a page came."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to watch the stack, used by one that watches."""

    delays: Sequence[float]
    """For each death of a program, from the death to the line of who watches."""
    sent: int
    """Of a burst: how many messages were to come; where one asks, how many questions were put."""
    got: int
    """How many came."""
    seconds: float
    """From the first of them to the last; where one asks, from before the first question."""
    per_second: float
    """How many that is in a second: the most that one gets."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One stack in one round."""

    startup: float
    """From ``systemctl start`` to the first good page at the socket."""
    nginx: Pages
    """As visitors get them: by Nginx and HTTPS."""
    socket: Pages
    """Without Nginx and TLS: at the workers' socket, from the machine itself."""
    memory: Mapping[str, int]
    """KiB of all processes of a role, what is shared with others divided among them (PSS)."""
    reload: Disturbance
    """New code without cutting anybody off, as the article does it."""
    restart: Disturbance
    """The application alone, by its supervisor."""
    worker_killed: Disturbance
    """One worker, by ``kill -9``."""
    supervisor_killed: Disturbance
    """circusd or supervisord, by ``kill -9``."""
    channels: Mapping[str, Channel]
    """By name, see :mod:`stacks.watching`."""


FIGURES = tuple(field.name for field in fields(Turn))


def pages(seconds: Sequence[float], elapsed: float, cpu: float) -> Pages:
    """The figures of pages that took so many *seconds* each, *elapsed* seconds together, and *cpu* of a processor."""
    good = sorted(seconds)
    return Pages(
        requests=len(good),
        per_second=round(len(good) / elapsed, 1),
        median=round(median(good), 3),
        p99=round(quantiles(good, n=100, method="inclusive")[-1], 3),
        slowest=round(good[-1], 3),
        cpu=round(cpu, 2),
    )


def disturbance(answers: Answers, seconds: float) -> Disturbance:
    """What clients saw of something that took so many *seconds*."""
    failed = sum(answers.failed.values())
    return Disturbance(
        requests=len(answers.seconds) + failed,
        failed=failed,
        failures=answers.failed,
        away=round(answers.away, 2),
        slowest=round(answers.seconds[-1], 2),
        seconds=round(seconds, 1),
    )


def document(head: Mapping[str, Any], rounds: Iterable[Mapping[str, Turn]]) -> str:
    """The text of the file.

    :param head: all of it but the rounds.
    :param rounds: each by the names of the stacks.
    """
    found = [{name: asdict(turn) for name, turn in each.items()} for each in rounds]
    return json.dumps({"schema": SCHEMA_VERSION, **head, "rounds": found}, indent=1, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure of all rounds."""

    median: float
    lowest: float
    highest: float


def spread(values: Iterable[float]) -> Spread:
    """The median of *values*, the lowest and the highest."""
    found = tuple(values)
    return Spread(median(found), min(found), max(found))


def figure(found: Mapping[str, Any], stack: str, path: str) -> Spread:
    """One figure of *stack* in the document *found*, by its *path*, as ``nginx.per_second``."""
    return spread(_value(each[stack], path) for each in found["rounds"])


def _value(turn: Mapping[str, Any], path: str) -> float:
    value: Any = turn
    for name in path.split("."):
        value = value[name]
    return float(value)


def cpu_per_thousand(found: Mapping[str, Any], stack: str, way: str) -> Spread:
    """Seconds of a processor for a thousand pages by the *way* ``nginx`` or ``socket``."""
    return spread(1000 * each[stack][way]["cpu"] / each[stack][way]["requests"] for each in found["rounds"])


def memory(found: Mapping[str, Any], stack: str) -> Spread:
    """MiB of the whole *stack*."""
    return spread(sum(each[stack]["memory"].values()) / 1024 for each in found["rounds"])


def delays(found: Mapping[str, Any], stack: str, channel: str) -> Spread:
    """From death to line, of all deaths in all rounds."""
    return spread(delay for each in found["rounds"] for delay in each[stack]["channels"][channel]["delays"])


def alike(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether two documents differ in nothing but the day and the noise."""
    heads = [{key: value for key, value in each.items() if key not in {"measured", "rounds"}} for each in (before, now)]
    if heads[0] != heads[1] or len(before["rounds"]) != len(now["rounds"]):
        return False
    old, new = (dict(_compared(each)) for each in (before, now))
    return old.keys() == new.keys() and all(
        within_noise(value, new[name][0], nothing) for name, (value, nothing) in old.items()
    )


def _compared(found: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float, float]]]:
    """The name of each figure that is compared, its median, and what of it is nothing in any case."""
    for stack in (each.name for each in STACKS):
        times = ["startup", "nginx.median", "nginx.p99", "socket.median", "socket.p99"]
        times += [f"{name}.{what}" for name in DISTURBANCES for what in ("away", "slowest", "seconds")]
        for path in times:
            yield f"{stack}.{path}", (figure(found, stack, path).median, NOISE_SECONDS)
        for way in ("nginx", "socket"):
            yield f"{stack}.{way}.per_second", (figure(found, stack, f"{way}.per_second").median, 0.0)
            yield f"{stack}.{way}.cpu", (cpu_per_thousand(found, stack, way).median, 0.0)
        yield f"{stack}.memory", (memory(found, stack).median, 0.0)
        for channel in found["rounds"][0][stack]["channels"]:
            path = f"channels.{channel}"
            yield f"{stack}.{path}.delays", (delays(found, stack, channel).median, NOISE_SECONDS)
            yield f"{stack}.{path}.per_second", (figure(found, stack, f"{path}.per_second").median, 0.0)
        # Whether requests were lost is news; how many of those that were bound to be is not.
        for name in DISTURBANCES:
            yield f"{stack}.{name}.lost.{figure(found, stack, f'{name}.failed').highest > 0}", (0.0, 0.0)
