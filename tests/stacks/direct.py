"""Pages without Nginx and TLS in the way: `h2load <https://nghttp2.org/>`_, in the machine, at the workers' socket.

Unlike hey, ab and wrk it speaks to unix sockets. It, too, makes a new connection for each request, as Nginx does, since
the request asks for it to be closed; the time of a request counts from when its connection was there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from load.generator import CLIENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGE = "nghttp2-client"
_LOG = "/run/stacks/pages.log"
COMMAND = (
    f"rm --force {_LOG} && h2load --h1 --requests={{requests}} --clients={CLIENTS} --base-uri=unix:/run/muro/web.sock "
    f"--header='X-Forwarded-Proto: https' --header='Connection: close' --log-file={_LOG} http://{{domain}}/ "
    f">/dev/null 2>&1 && cat {_LOG}"
)
"""Sends so many ``{requests}`` to the ``{domain}``, and prints what :func:`read` reads."""
GOOD = "200"
_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Direct:
    """What the clients at the socket got."""

    failed: Sequence[str]
    """The status of each request that got another one than 200; ``-1`` where the connection broke."""
    seconds: Sequence[float]
    """How long each of the others took."""
    elapsed: float
    """Seconds from the first request to the last answer."""


def read(log: str) -> Direct:
    """What h2load's *log* says: for each request when it was sent, its status and how long it took (microseconds)."""
    rows = [line.split() for line in log.splitlines()]
    begin = min(int(sent) for sent, _, _ in rows)
    end = max(int(sent) + int(took) for sent, _, took in rows)
    return Direct(
        failed=[status for _, status, _ in rows if status != GOOD],
        seconds=[int(took) / _MILLION for _, status, took in rows if status == GOOD],
        elapsed=(end - begin) / _MILLION,
    )
