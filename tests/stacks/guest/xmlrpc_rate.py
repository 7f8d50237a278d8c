"""``xmlrpc_rate.py QUESTIONS``: how many answers per second supervisor gives to one that asks how everybody is.

The next question is asked as soon as the last one has been answered, over one connection. Each answer says the state of
every program; what happened between two of them is in none.
"""

import json
import sys
import time
import xmlrpc.client

from supervisor.xmlrpc import SupervisorTransport

SOCKET = "unix:///var/run/supervisor.sock"


def main(questions: int) -> None:
    """Ask and ask."""
    transport = SupervisorTransport(serverurl=SOCKET)
    supervisor = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor
    supervisor.getAllProcessInfo()
    started = time.monotonic()
    got = sum(bool(supervisor.getAllProcessInfo()) for _ in range(questions))
    print(json.dumps({"sent": questions, "got": got, "seconds": round(time.monotonic() - started, 4)}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
