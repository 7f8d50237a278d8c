"""``zeromq_rate.py ORDERS NAME``: how many messages per second one subscriber gets from circusd, in a burst.

An order that names each limit that a process can have makes circusd publish one event for each, and changes nothing:
circusd knows how to check such an option and not how to change it. The next order is given as soon as the last one has
been answered. Prints how many messages were to come, how many came, and the seconds from the first to the last.
"""

import json
import resource
import sys
import threading
import time

import zmq

CONTROL = "ipc:///run/muro/control.sock"
EVENTS = "ipc:///run/muro/eventos.sock"
PATIENCE = 30_000
"""Milliseconds for an answer, and for what was published to come."""
LIMITS = {f"rlimit_{name.removeprefix('RLIMIT_').lower()}": 1 for name in dir(resource) if name.startswith("RLIMIT_")}


def give(context: "zmq.Context[zmq.Socket[bytes]]", orders: int, name: str) -> None:
    """Give the orders, one after the other."""
    client = context.socket(zmq.DEALER)
    client.linger = 0
    client.RCVTIMEO = PATIENCE
    client.connect(CONTROL)
    properties = {"name": name, "options": LIMITS, "waiting": True}
    for number in range(orders):
        accepted = False
        while not accepted:  # circusd refuses what comes while it looks after its processes
            client.send_json({"id": str(number), "command": "set", "properties": properties})
            accepted = client.recv_json()["status"] == "ok"
    client.close()


def main(orders: int, name: str) -> None:
    """Listen, and have something to listen to."""
    context = zmq.Context()
    subscriber = context.socket(zmq.SUB)
    subscriber.RCVTIMEO = PATIENCE
    subscriber.connect(EVENTS)
    subscriber.subscribe(f"watcher.{name}.updated")
    time.sleep(3)  # a subscription takes its time, and what was published before it was is lost
    wanted = orders * len(LIMITS)
    threading.Thread(target=give, args=(context, orders, name), daemon=True).start()
    moments: list[float] = []
    while len(moments) < wanted:
        try:
            subscriber.recv_multipart()
        except zmq.Again:
            break
        moments.append(time.monotonic())
    print(json.dumps({"sent": wanted, "got": len(moments), "seconds": round(moments[-1] - moments[0], 4)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
