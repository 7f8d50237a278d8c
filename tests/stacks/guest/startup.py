"""``startup.py UNIT DOMAIN``: starts the unit, and prints after how many seconds the first good page came.

It asks at the workers' socket, without Nginx in the way: there is nobody, or nobody answers yet, or the page comes.
"""

import http.client
import json
import socket
import subprocess
import sys
import time

SOCKET = "/run/muro/web.sock"
PATIENCE = 300.0
PAUSE = 0.02


class AtSocket(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def connect(self) -> None:
        """Reach the socket instead of a port."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)


def comes(domain: str) -> bool:
    """Whether the page comes, and well."""
    connection = AtSocket(domain, timeout=PATIENCE)
    try:
        connection.request("GET", "/", headers={"X-Forwarded-Proto": "https", "Connection": "close"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main(unit: str, domain: str) -> None:
    """Start and ask."""
    started = time.monotonic()
    subprocess.run(["systemctl", "start", unit], check=True)
    while not comes(domain):
        if time.monotonic() - started > PATIENCE:
            sys.exit(f"{unit}: no page after {PATIENCE:.0f} s")
        time.sleep(PAUSE)
    print(json.dumps({"seconds": round(time.monotonic() - started, 3)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
