"""What checks of the classic stack ask again and again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from finished.asking import as_site

if TYPE_CHECKING:
    from collections.abc import Iterable

    from testinfra.host import Host

APPLICATION = "con_gunicorn:application"


def gunicorns(host: Host, application: str = APPLICATION) -> list[str]:
    """The numbers of Gunicorn's processes, the principal among them."""
    found: str = host.run("pgrep --full -- %s", f"gunicorn .*{application}").stdout
    return found.split()


def principal(host: Host) -> str:
    """The number of the process that supervisor knows."""
    return str(host.check_output("supervisorctl pid muro"))


def ages(host: Host, pids: Iterable[str]) -> list[int]:
    """For how many seconds each of these processes has been running."""
    return [int(each) for each in host.check_output("ps --no-headers --format etimes --pid %s", ",".join(pids)).split()]


def asked(host: Host, user: str, command: str) -> dict[str, Any]:
    """What Gunicorn answers to an order."""
    said = as_site(host, user, "gunicornc --json --socket /run/muro/gunicorn.sock --command %s", command)
    found: dict[str, Any] = json.loads(said)
    return found
