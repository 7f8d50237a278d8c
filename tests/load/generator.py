"""The load: `hey <https://github.com/rakyll/hey>`_, in the host, with a new connection for each request.

Each of its clients asks again as soon as it has been answered (a *closed* load), so that there are always requests in
every stage of being served, whatever is done to the server.
"""

from __future__ import annotations

import csv
import io
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

CLIENTS = 8
PATIENCE = 60
"""Seconds after which a client gives up; who was answered later was not."""
GOOD = "200"
NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the clients got."""

    failed: Mapping[str, int]
    """How many requests got another status than 200, by it; :data:`NO_ANSWER` where the connection broke."""
    seconds: Sequence[float]
    """How long each of the others took, in ascending order."""
    elapsed: float
    """Seconds from the first request to the last answer."""
    away: float = 0.0
    """Seconds from when the first was sent that got another status than 200, to when the last of those was answered."""


def read(table: str, requests: int, elapsed: float) -> Answers:
    """What hey's CSV says of so many *requests*: it has a line for each that was answered, and none for the others."""
    rows = list(csv.DictReader(io.StringIO(table)))
    failed = Counter(row["status-code"] for row in rows if row["status-code"] != GOOD)
    if missing := requests - len(rows):
        failed[NO_ANSWER] = missing
    good = sorted(float(row["response-time"]) for row in rows if row["status-code"] == GOOD)
    bad = [row for row in rows if row["status-code"] != GOOD]
    first = min((float(row["offset"]) for row in bad), default=0.0)
    last = max((float(row["offset"]) + float(row["response-time"]) for row in bad), default=0.0)
    return Answers(dict(sorted(failed.items())), good, elapsed, last - first)


class Load:
    """Clients of one site; a context manager that sends them, and ends them where it is left too early."""

    def __init__(self, url: str, domain: str, requests: int, *, at_most: float | None = None) -> None:
        """*requests* to *url*, which leads to the site that calls itself *domain*; a multiple of :data:`CLIENTS`.

        *at_most* so many a second: an error comes faster than a page, and would use them up.
        """
        assert requests % CLIENTS == 0, "hey would send fewer"
        self._requests = requests
        self._command = [
            "hey",
            *("-n", str(requests), "-c", str(CLIENTS), "-t", str(PATIENCE), "-o", "csv"),
            *(("-q", f"{at_most / CLIENTS:.3f}") if at_most else ()),
            *("-disable-keepalive", "-disable-redirects", "-host", domain, url),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self._table: IO[str] | None = None
        self._started = 0.0

    def __enter__(self) -> Self:
        self._table = tempfile.TemporaryFile("w+", encoding="ascii")
        self._started = time.monotonic()
        self._process = subprocess.Popen(self._command, stdout=self._table)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        assert self._table is not None
        self._process.kill()
        self._process.wait()
        self._table.close()

    def running(self) -> bool:
        """Whether requests are still coming."""
        assert self._process is not None
        return self._process.poll() is None

    def answers(self, timeout: float) -> Answers:
        """What the clients got, once all have been answered, which may take *timeout* seconds."""
        assert self._process is not None
        assert self._table is not None
        status = self._process.wait(timeout)
        elapsed = time.monotonic() - self._started
        assert status == 0, f"hey ended with {status}"
        self._table.seek(0)
        return read(self._table.read(), self._requests, elapsed)
