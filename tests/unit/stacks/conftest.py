"""A run of the comparison that never happened, with round figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stacks.measured import Channel, Disturbance, Pages, Turn
from stacks.rounds import Bench, Part
from stacks.stack import CIRCUS, CLASSIC, STACKS

PAGES = Pages(requests=2000, per_second=10.0, median=0.5, p99=1.0, slowest=2.0, cpu=100.0)
CALM = Disturbance(requests=1000, failed=0, failures={}, away=0.0, slowest=2.0, seconds=20.0)
AWAY = Disturbance(requests=1000, failed=90, failures={"502": 88, "no answer": 2}, away=9.0, slowest=2.0, seconds=15.0)
CHANNEL = Channel(delays=(0.5, 2.0, 4.5), sent=960, got=960, seconds=1.2, per_second=800.0)
TURNS = {
    CIRCUS.name: Turn(
        startup=16.0,
        nginx=PAGES,
        socket=replace(PAGES, per_second=24.0),
        memory={"circusd": 30720, "worker": 61440, "redis": 4096, "vigia": 25600, "flapping": 25600},
        reload=CALM,
        restart=CALM,
        worker_killed=replace(AWAY, failed=2, failures={"502": 2}, away=0.5),
        supervisor_killed=AWAY,
        channels={"zeromq": CHANNEL},
    ),
    CLASSIC.name: Turn(
        startup=8.0,
        nginx=replace(PAGES, per_second=12.0),
        socket=replace(PAGES, per_second=26.0),
        memory={"supervisord": 25600, "gunicorn": 15360, "worker": 61440, "redis": 4096, "vigia": 15360},
        reload=CALM,
        restart=AWAY,
        worker_killed=replace(AWAY, failed=3, failures={"502": 3}, away=0.5),
        supervisor_killed=AWAY,
        channels={"xmlrpc": replace(CHANNEL, delays=(0.1, 0.2, 0.3)), "listener": replace(CHANNEL, delays=(1.0,))},
    ),
}
HEAD = {
    "articles": {stack.name: stack.slug for stack in STACKS},
    "after": "notas",
    "measured": "2026-12-01",
    "machine": {"driver": "qemu", "accelerator": "tcg", "platform": "debian-13", "cpus": 2, "memory": 1536},
    "versions": dict.fromkeys(
        ("nginx", "python3", "Django", "circus", "chaussette", "waitress", "supervisor", "gunicorn"), "1.0"
    ),
    "clients": 8,
    "lines": {stack.name: {"configuration": 90, "programs": 60} for stack in STACKS},
}


@pytest.fixture
def bench() -> Bench:
    """Three rounds, of which the second is slower by a tenth and the third faster by as much."""
    parts = []
    for number, factor in ((1, 1.0), (2, 0.9), (3, 1.1)):
        for stack in STACKS:
            turn = TURNS[stack.name]
            found: dict[str, Any] = {name: getattr(turn, name) for name in Turn.__dataclass_fields__}
            found["nginx"] = replace(turn.nginx, per_second=round(turn.nginx.per_second * factor, 1))
            parts.append(Part(number, stack, None, 2000, found))  # type: ignore[arg-type]
    return Bench(dict(HEAD), parts)
