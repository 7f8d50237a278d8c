"""A port of the machine, on 127.0.0.1 of this computer."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ensayar.machine.protocol import Machine
    from ensayar.screenshots import Target

_ATTEMPTS = 3
"""Another program may take the port that was free a moment ago."""
_SECONDS = 60.0


@contextlib.contextmanager
def reached(machine: Machine, goal: Target) -> Iterator[int]:
    """The port of 127.0.0.1 that leads to that of *goal* in *machine*, as long as the body runs.

    From inside, ssh forwards it, and the server sees a visitor on the machine itself; else the machine's own network
    does, and it sees one from elsewhere.

    :raises InfrastructureError: there is no way.
    """
    if not goal.inside:
        yield machine.port(goal.port)
        return
    machine.run("true", timeout=_SECONDS)  # where the connection was lost, it is opened again
    said = ""
    for _ in range(_ATTEMPTS):
        local = _free_port()
        way = ("-L", f"127.0.0.1:{local}:localhost:{goal.port}")
        done = _ask(machine, "forward", way)
        if done.returncode == 0:
            break
        said = done.stdout.decode(errors="replace").strip()
    else:
        message = f"ssh does not forward port {goal.port} of the machine: {said}"
        raise InfrastructureError(message, "run the command again")
    try:
        yield local
    finally:
        _ask(machine, "cancel", way)


def _ask(machine: Machine, verb: str, way: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """Have the open connection to *machine* forward a port, or stop to."""
    *program, name = machine.ssh_arguments()
    return subprocess.run(
        [*program, "-O", verb, *way, name],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_SECONDS,
    )


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port
