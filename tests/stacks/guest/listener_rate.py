"""``listener_rate.py ORDERS EACH``: how many events per second one event listener of supervisor's gets, in a burst.

An order has supervisord emit so many events of the kind that it has for others to use; the next one is given as soon
as the last one has been answered. The listener passes on what it hears. Prints how many events were to come, how many
came, and the seconds from the first to the last.
"""

import json
import os
import select
import sys
import threading
import time
import xmlrpc.client

from supervisor.xmlrpc import SupervisorTransport

SOCKET = "unix:///var/run/supervisor.sock"
HEARD = "/run/stacks/heard"
PATIENCE = 30.0
EVENT = b"REMOTE_COMMUNICATION"


def give(orders: int, each: int) -> None:
    """Give the orders, one after the other."""
    transport = SupervisorTransport(serverurl=SOCKET)
    system = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).system
    event = {"methodName": "supervisor.sendRemoteCommEvent", "params": ["burst", ""]}
    for _ in range(orders):
        assert system.multicall([event] * each) == [True] * each


def main(orders: int, each: int) -> None:
    """Listen, and have something to listen to."""
    heard = os.open(HEARD, os.O_RDONLY | os.O_NONBLOCK)
    wanted = orders * each
    threading.Thread(target=give, args=(orders, each), daemon=True).start()
    moments: list[float] = []
    begun = b""
    while len(moments) < wanted and select.select([heard], [], [], PATIENCE)[0]:
        *lines, begun = (begun + os.read(heard, 65536)).split(b"\n")
        moments += [time.monotonic()] * sum(line.startswith(EVENT) for line in lines)
    print(json.dumps({"sent": wanted, "got": len(moments), "seconds": round(moments[-1] - moments[0], 4)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
