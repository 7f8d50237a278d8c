"""Both stacks do the same work on the same machine, and each of them what it promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from load.generator import CLIENTS
from stacks.running import Running, requests_for
from stacks.stack import other
from stacks.watching import CHANNELS, TIMES

if TYPE_CHECKING:
    from stacks.measured import Disturbance
    from stacks.rounds import Part

pytestmark = [pytest.mark.vm, pytest.mark.long]

STARTED_WITHIN = 60.0
MEMORY_MIB = (40, 600)
"""A stack that weighs less is not all of it; one that weighs more is not alone."""
HEARD_WITHIN = {"zeromq": 15.0, "xmlrpc": 5.0, "listener": 5.0}
"""Circus looks after its processes every five seconds, supervisor every second."""


IN_A_HURRY = 4
"""So many times as often as pages come, requests come at most: who is turned away asks again at once."""
LOAD_SECONDS = {"reload": 150.0, "restart": 90.0, "worker_killed": 60.0, "supervisor_killed": 150.0}
"""For about so long requests come, were nothing done: more than it takes until all is well, emulated and under load."""


def disturbed(turn: Part, name: str, command: str, gone: tuple[int, ...]) -> Disturbance:
    """Do *command* under load, after which the processes *gone* must not be there, and keep what was measured."""
    pace = turn.pace()
    requests = requests_for(LOAD_SECONDS[name], pace)
    found = turn.running.disturb(command, gone, requests=requests, at_most=IN_A_HURRY * pace)
    turn.found[name] = found
    return found


def test_pages_come_from_its_own_workers(turn: Part) -> None:
    """What answers is this stack and nothing else: its own workers, as many as the other has."""
    running = turn.running
    workers = set(running.workers())
    assert len(workers) == 2
    assert {running.served_by() for _ in range(20)} <= workers
    assert Running(running.machine, running.user, running.site, other(turn.stack)).processes().all == ()
    assert turn.found["startup"] < STARTED_WITHIN


def test_pages_by_nginx(turn: Part) -> None:
    """As visitors come."""
    found = turn.running.by_nginx(turn.requests)
    assert found.requests == turn.requests
    assert found.cpu > 0
    turn.found["nginx"] = found


def test_pages_at_the_socket(turn: Part) -> None:
    """The same pages without Nginx and TLS in the way."""
    found = turn.running.at_socket(turn.requests)
    assert found.requests == turn.requests
    assert found.cpu > 0
    turn.found["socket"] = found


def test_memory(turn: Part) -> None:
    """After so many pages."""
    found = turn.running.memory()
    assert set(found) == {role.name for role in turn.stack.roles}
    assert all(kib > 0 for kib in found.values())
    least, most = MEMORY_MIB
    assert least < sum(found.values()) / 1024 < most
    turn.found["memory"] = found


def test_reload(turn: Part) -> None:
    """Either stack puts new code to work without losing a request."""
    found = disturbed(turn, "reload", turn.stack.reload, turn.running.workers())
    assert found.failed == 0, found


def test_restart(turn: Part) -> None:
    """Where the socket stays nobody is turned away; where it goes with the server, somebody is: so zeros are earned."""
    command = turn.stack.restart.format(user=turn.running.user)
    found = disturbed(turn, "restart", command, turn.running.workers())
    assert (found.failed == 0) is turn.stack.keeps_socket, found


def test_worker_killed(turn: Part) -> None:
    """It takes with it what it had in its hands, which is what the clients had asked for at most."""
    worker = turn.running.workers()[0]
    found = disturbed(turn, "worker_killed", f"kill -9 {worker}", (worker,))
    assert found.failed <= CLIENTS, found


def test_supervisor_killed(turn: Part) -> None:
    """Who keeps the others alive dies, systemd sweeps what is left, and all is there again: meanwhile nobody serves."""
    everybody = tuple(each.pid for each in turn.running.processes().all)
    command = f"systemctl kill --kill-whom=main --signal=KILL {turn.stack.unit}"
    found = disturbed(turn, "supervisor_killed", command, everybody)
    assert found.failed > 0, found


def test_watching(turn: Part) -> None:
    """Each way to watch tells of each death, and of a burst all that was sent."""
    found = {}
    for name in turn.stack.channels:
        found[name] = CHANNELS[name](turn.running)
        turn.running.await_whole()
    for name, channel in found.items():
        assert len(channel.delays) == TIMES, name
        assert all(0 < delay < HEARD_WITHIN[name] for delay in channel.delays), (name, channel)
        assert channel.got == channel.sent, (name, channel)
    turn.found["channels"] = found
