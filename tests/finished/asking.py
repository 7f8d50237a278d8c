"""What checks of the deployment ask again and again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from testinfra.host import Host

WORKER = "con_chaussette.py"


def eventually(holds: Callable[[], bool], seconds: float = 90) -> bool:
    """Whether *holds* becomes true within *seconds*."""
    end = time.monotonic() + seconds
    while not (true := holds()) and time.monotonic() < end:
        time.sleep(0.5)
    return true


def workers(host: Host) -> list[str]:
    """The numbers of the workers' processes."""
    found: str = host.run("pgrep --full -- %s", WORKER).stdout
    return found.split()


def page(site_url: str, domain: str) -> requests.Response:
    """The site's page."""
    return requests.get(site_url, headers={"Host": domain}, timeout=60)


def as_site(host: Host, user: str, command: str, *arguments: str) -> str:
    """What *command* prints as the site's *user* with the site's environment; it must succeed."""
    said: str = host.check_output("runuser -u %s -- /usr/local/bin/muro " + command, user, *arguments)
    return said


def options(host: Host, user: str, watcher: str) -> dict[str, str]:
    """What circusd says of one of its watchers."""
    said = as_site(host, user, "circusctl --timeout 60 options %s", watcher)
    return dict(line.partition(": ")[::2] for line in said.splitlines())
