"""Forwarded ports of QEMU's user-mode network.

QEMU is asked for port 0, so that the kernel of the host picks a free one, and then tells which it was:
nobody can take it in between.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError
from ensayar.machine.launch import NETWORK

if TYPE_CHECKING:
    from ensayar.machine.qmp import Control

# As printed by slirp_connection_info(): protocol[state], descriptor, source, port, destination, port.
_FORWARD = re.compile(r"^\s*TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+(\d+)\s", re.MULTILINE)


def parse(information: str) -> dict[int, int]:
    """Guest port to host port, from the answer to ``info usernet``."""
    return {int(guest): int(host) for host, guest in _FORWARD.findall(information)}


def forwards(control: Control) -> dict[int, int]:
    """Guest port to host port of all forwarded ports."""
    return parse(control.monitor("info usernet"))


def add_forward(control: Control, guest: int) -> int:
    """Forward a free port of 127.0.0.1 to port *guest*; its number."""
    said = control.monitor(f"hostfwd_add {NETWORK} tcp:127.0.0.1:0-:{guest}")
    port = forwards(control).get(guest)
    if port is None:
        message = f"QEMU does not forward port {guest}: {said.strip()}"
        raise InfrastructureError(message)
    return port
