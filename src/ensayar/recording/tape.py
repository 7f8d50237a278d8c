"""What terminals showed, and when; as asciicast 2, the file format of asciinema.

https://docs.asciinema.org/manual/asciicast/v2/
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.evidence import MIRROR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

COLUMNS, ROWS = 120, 32
TERM = "xterm-256color"
IDLE_SECONDS = 2.0
"""A player shortens longer waits to this; the file keeps the real ones."""
BLINK = 0.02
"""Seconds; what comes within is one event. A film has 24 pictures a second."""

# Which server gave a package is the host's affair, and may be a private one; recordings are published.
_ADDRESS = re.compile(r"(?P<server>\w+://[^\s/,\x1b]+)[^\s,\x1b]*")
_PROGRESS = re.compile(r"(?P<doing>\[(?:\d+ \S+ )?(?:Connecting to|Waiting for headers from)) [^\s\]\x1b]+")


@dataclass(frozen=True, slots=True)
class Event:
    """Something was printed."""

    seconds: float
    """Since the beginning."""
    text: str
    """What."""


class Tape:
    """Runs while a step is played; every terminal writes to it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._events: list[Event] = []
        self._start = clock()

    def rewind(self) -> None:
        """Begin anew."""
        self._events.clear()
        self._start = self._clock()

    def write(self, text: str) -> None:
        """Something was printed now."""
        now = self._clock() - self._start
        if self._events and now - self._events[-1].seconds < BLINK:
            last = self._events.pop()
            self._events.append(Event(last.seconds, last.text + text))
        elif text:
            self._events.append(Event(now, text))

    def events(self) -> tuple[Event, ...]:
        """All since the beginning."""
        return tuple(self._events)


def seconds_of(events: Sequence[Event]) -> float:
    """How long *events* take."""
    return events[-1].seconds if events else 0.0


def without_servers(events: Iterable[Event], known: str) -> tuple[Event, ...]:
    """*events* with :data:`ensayar.evidence.MIRROR` for each address of a server that *known* does not name.

    An address may stand in several events; it is then gone from all but the first.
    """
    events = tuple(events)
    text = "".join(event.text for event in events)
    cuts = [match.span() for match in _ADDRESS.finditer(text) if match["server"] not in known]
    cuts += [(match.end("doing") + 1, match.end()) for match in _PROGRESS.finditer(text)]
    found, place = [], 0
    for event in events:
        end = place + len(event.text)
        kept, at = [], place
        for start, stop in sorted(cuts):
            if stop <= place or start >= end:
                continue
            kept.append(text[at : max(start, at)])
            if start >= place:
                kept.append(MIRROR)
            at = min(stop, end)
        kept.append(text[at:end])
        found.append(Event(event.seconds, "".join(kept)))
        place = end
    return tuple(event for event in found if event.text)


def dump(events: Iterable[Event], title: str, timestamp: int) -> str:
    """The file.

    :param timestamp: of the first event, seconds since 1970.
    """
    header = {
        "version": 2,
        "width": COLUMNS,
        "height": ROWS,
        "timestamp": timestamp,
        "idle_time_limit": IDLE_SECONDS,
        "title": title,
        "env": {"TERM": TERM},
    }
    lines = [header, *([round(event.seconds, 3), "o", event.text] for event in events)]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
