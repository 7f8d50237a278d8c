"""What each stack lets one watch live, by the ways that its article shows, and one more.

``zeromq``
   circusd publishes what happens, and who has subscribed gets it: the subscriber of Circus's article (``espia.py``).
``xmlrpc``
   supervisord answers who asks: the poller of the classic article (``mirar.py``), which asks five times a second.
``listener``
   supervisord hands what happens to a program of its own, one event at a time: ``guest/listener.py``.

To be told and to ask are different things, and the figures do not make them the same. *Delay* is the same for all:
both stacks keep the brake's Redis, which is killed at a known moment, and who watches prints a line when it learns of
it, by the same clock. *Rate* is what a channel carries at most: of a burst of messages where one is told, of questions
without a pause where one asks. An answer says how everything is, a message says one thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stacks.measured import Channel
from stacks.running import GUEST, RUN

if TYPE_CHECKING:
    from stacks.running import Running

TIMES = 6
"""Deaths in a round. Circus's flapping plugin stops what dies ten times in a minute and a half."""
ORDERS, EACH = 60, 16
"""Messages of a burst: orders, and what each sets off. Fewer than ZeroMQ keeps for a subscriber who cannot follow."""
QUESTIONS = 300
NAME = "freno"
PATTERN = "'[r]edis-server unixsocket:'"
TIMEOUT = 900.0
_PYTHON = "/usr/local/bin/muro python"


def zeromq(running: Running) -> Channel:
    """A subscriber of circusd's."""
    as_user = f"runuser -u {running.user} -- {_PYTHON}"
    found = _watch(running, f"{as_user} {GUEST}/espia.py")
    # It asks circusd how a program is configured for each event of this kind, and for no other.
    plugin = f"runuser -u {running.user} -- /usr/local/bin/muro circusctl --timeout 60 {{}} plugin:flapping --waiting"
    running.check_output(plugin.format("stop"), timeout=120)
    try:
        burst = running.guest(f"zeromq_rate.py {ORDERS} {NAME}", before=as_user, timeout=TIMEOUT)
    finally:
        running.check_output(plugin.format("start"), timeout=120)
    return _channel(found, burst, intervals=burst["got"] - 1)


def xmlrpc(running: Running) -> Channel:
    """Somebody who asks supervisord."""
    found = _watch(running, "python3 -u /srv/muro/mirar.py")
    burst = running.guest(f"xmlrpc_rate.py {QUESTIONS}", timeout=TIMEOUT)
    return _channel(found, burst, intervals=burst["got"])


def listener(running: Running) -> Channel:
    """A program that supervisord tells: it is there for as long as this takes."""
    running.check_output(
        f"rm --force {RUN}/heard && mkfifo --mode=600 {RUN}/heard\n"
        f"cp {GUEST}/listener.conf /etc/supervisor/conf.d/ && supervisorctl update",
        timeout=120,
    )
    try:
        found = _watch(running, f"cat {RUN}/heard")
        burst = running.guest(f"listener_rate.py {ORDERS} {EACH}", timeout=TIMEOUT)
    finally:
        running.check_output(
            f"rm /etc/supervisor/conf.d/listener.conf && supervisorctl update && rm {RUN}/heard", timeout=120
        )
    return _channel(found, burst, intervals=burst["got"] - 1)


CHANNELS = {each.__name__: each for each in (zeromq, xmlrpc, listener)}


def _watch(running: Running, observer: str) -> dict[str, Any]:
    return running.guest(f"watch.py {TIMES} {NAME} {PATTERN} {observer}", timeout=TIMEOUT)


def _channel(found: dict[str, Any], burst: dict[str, Any], *, intervals: int) -> Channel:
    return Channel(
        delays=found["delays"],
        sent=burst["sent"],
        got=burst["got"],
        seconds=burst["seconds"],
        per_second=round(intervals / burst["seconds"], 1),
    )
