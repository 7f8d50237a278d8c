"""What checks of the deployment ask again and again, whichever stack it has."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from testinfra.host import Host

WORKER = "con_chaussette.py"
"""What tells a worker of Circus's by its command line."""
SERVING = (WORKER, "con_gunicorn:application")
"""What tells a worker of either stack's, and Gunicorn's principal."""
LOGS = ("/var/log/muro/web.log", "/var/log/supervisor/muro.log")
"""Where either stack keeps what the application says."""


def eventually(holds: Callable[[], bool], seconds: float = 90) -> bool:
    """Whether *holds* becomes true within *seconds*."""
    end = time.monotonic() + seconds
    while not (true := holds()) and time.monotonic() < end:
        time.sleep(0.5)
    return true


def workers(host: Host) -> list[str]:
    """The numbers of the processes that serve: Circus's workers, or Gunicorn's without their principal."""
    table: str = host.check_output("ps --no-headers -ww -e -o pid,ppid,args")
    lines = [line.split(maxsplit=2) for line in table.splitlines()]
    parents = {pid: parent for pid, parent, *command in lines if any(each in "".join(command) for each in SERVING)}
    return [pid for pid in parents if pid not in parents.values()]


def service(host: Host) -> str:
    """The unit of systemd's that all processes of the site are below."""
    return "muro" if host.file("/etc/systemd/system/muro.service").exists else "supervisor"


def log(host: Host) -> str:
    """The path of the file with what the application says."""
    (path,) = (each for each in LOGS if host.file(each).exists)
    return path


def page(site_url: str, domain: str, path: str = "/") -> requests.Response:
    """The site's page, or another one."""
    return requests.get(f"{site_url}{path}", headers={"Host": domain}, timeout=60)


def as_site(host: Host, user: str, command: str, *arguments: str) -> str:
    """What *command* prints as the site's *user* with the site's environment; it must succeed."""
    said: str = host.check_output("runuser -u %s -- /usr/local/bin/muro " + command, user, *arguments)
    return said


def options(host: Host, user: str, watcher: str) -> dict[str, str]:
    """What circusd says of one of its watchers."""
    said = as_site(host, user, "circusctl --timeout 60 options %s", watcher)
    return dict(line.partition(": ")[::2] for line in said.splitlines())
