"""One fault on one machine: strike it, wait until it has recovered, count what visitors saw, look for their entries."""

from __future__ import annotations

import json
import shlex
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faults.measured import Measured
from faults.visitors import back

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ensayar.machine.protocol import Machine, Outcome
    from faults.visitors import Visit, Visitors

WORKER = "con_chaussette.py"
GOOD_IN_A_ROW = 6
"""So many good pages, asked for one after another, are a site that answers."""
GRACE = 30.0
"""Seconds beyond the bounds that are waited, so that a failure tells how long it really takes."""

# Every process is there and none of them is stopped: the two workers are children of the circusd that systemd knows,
# Nginx has a worker for each processor, Redis answers.
_WHOLE = f"""
systemctl is-active --quiet nginx redis-server muro || exit 1
circusd=$(systemctl show --value --property=MainPID muro)
[ "$(ps --no-headers --format stat,args --ppid "$circusd" | grep -c '^[SRD].*{WORKER}')" = 2 ] || exit 1
[ "$(ps --no-headers --format stat --ppid "$(cat /run/nginx.pid)" | grep -c '^[SRD]')" = "$(nproc)" ] || exit 1
[ "$(timeout 2 redis-cli ping)" = PONG ]
"""
_READ = """
import json, sqlite3
base = sqlite3.connect("/var/lib/muro/muro.sqlite3")
print(json.dumps({
    "integrity": [row[0] for row in base.execute("PRAGMA integrity_check")],
    "texts": [row[0] for row in base.execute("SELECT texto FROM muro_mensaje")],
}))
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the database held when all was over."""

    integrity: tuple[str, ...]
    """What ``PRAGMA integrity_check`` said; ``ok`` alone is well."""
    texts: tuple[str, ...]
    """The text of each entry."""


class Trial:
    """A machine with visitors on it."""

    def __init__(self, name: str, machine: Machine, user: str, visitors: Visitors) -> None:
        """*name* of the fault; *user* runs the application; *visitors* are coming already."""
        self.name = name
        self.machine = machine
        self.visitors = visitors
        self._user = user
        self._gone: tuple[int, ...] = ()
        self._struck: float | None = None
        self._mended: float | None = None
        self.results: list[Measured] = []

    def run(self, command: str, *, timeout: float = 60) -> Outcome:
        """Run *command* as root."""
        return self.machine.run(command, timeout=timeout)

    def check_output(self, command: str, *, timeout: float = 60) -> str:
        """What *command* prints, which must succeed."""
        outcome = self.run(command, timeout=timeout)
        assert outcome.exit_status == 0, f"{command}: {outcome.exit_status}\n{outcome.output}"
        return outcome.output.strip()

    def pids(self, command: str) -> tuple[int, ...]:
        """The numbers that *command* prints."""
        return tuple(map(int, self.check_output(command).split()))

    def workers(self) -> tuple[int, ...]:
        """The workers' processes, the eldest first."""
        found = self.pids("pgrep --full -- '[c]on_chaussette.py'")
        assert len(found) == 2, found
        return found

    def strike(self, fault: str | Callable[[], object], *, gone: Sequence[int] = ()) -> None:
        """Make the *fault*: a command, or a call. The clock runs from here.

        The processes *gone* must not be there any more when all is well again.
        """
        self._gone = tuple(gone)
        self._struck = time.monotonic()
        if isinstance(fault, str):
            self.check_output(fault, timeout=120)
        else:
            fault()

    def mend(self, command: str = "true") -> None:
        """End a fault that lasts, by *command*: what follows is what the machine does by itself."""
        self._mended = time.monotonic()
        self.check_output(command, timeout=120)

    def kill(self, pids: Sequence[int]) -> None:
        """Strike by ``kill -9`` of all *pids* at once."""
        self.strike(f"kill -9 {' '.join(map(str, pids))}", gone=pids)

    def is_whole(self) -> bool:
        """Whether every process is there, and those that were struck are not."""
        gone = "".join(f"[ ! -e /proc/{pid} ] || exit 1\n" for pid in self._gone)
        return self.run(f"{gone}{_WHOLE}", timeout=30).exit_status == 0

    def recovers(self, *, within: float, whole_within: float) -> Measured:
        """Wait until the machine has recovered by itself, and measure.

        The site must answer again *within* so many seconds of the fault, every process be there *whole_within* as many
        of the fault, or of when it was mended; no entry that was acknowledged may be lost, and the database must be
        sound.
        """
        assert self._struck is not None, "strike first"
        since = self._mended or self._struck
        until = since + max(within, whole_within) + GRACE
        while not self.is_whole():
            assert time.monotonic() < until, f"not whole again after {time.monotonic() - since:.0f} s"
            time.sleep(0.2)
        whole = time.monotonic()
        while not self._answers_since(whole):
            assert time.monotonic() < until, f"no answer after {time.monotonic() - since:.0f} s: {self._last()}"
            time.sleep(0.2)
        assert self.is_whole(), "it was whole, and is not any more"
        self.visitors.__exit__(None, None, None)
        measured = self._measured(whole - since, within, whole_within)
        self.results.append(measured)
        assert measured.lost == 0
        assert measured.answers <= within, measured
        assert measured.whole <= whole_within, measured
        return measured

    def seen(self) -> Seen:
        """What the database holds now."""
        read = f"runuser -u {self._user} -- python3 -c {shlex.quote(_READ)}"
        found = json.loads(self.check_output(read))
        return Seen(tuple(found["integrity"]), tuple(found["texts"]))

    def pages_since_strike(self) -> tuple[Visit, ...]:
        """The pages that were asked for from the fault on, or were on their way."""
        struck = self._struck or 0.0
        return tuple(visit for visit in self.visitors.pages() if visit.end >= struck)

    def entries_since_strike(self) -> tuple[Visit, ...]:
        """The entries, likewise."""
        struck = self._struck or 0.0
        return tuple(visit for visit in self.visitors.entries() if visit.end >= struck)

    def _answers_since(self, moment: float) -> bool:
        pages, entries = (
            sorted((visit for visit in visits if visit.start >= moment), key=lambda each: each.start)
            for visits in (self.visitors.pages(), self.visitors.entries())
        )
        last = pages[-GOOD_IN_A_ROW:] + entries[-1:]
        return len(last) == GOOD_IN_A_ROW + 1 and all(visit.good for visit in last)

    def _last(self) -> str:
        return ", ".join(visit.said for visit in self.visitors.pages()[-GOOD_IN_A_ROW:])

    def _measured(self, whole: float, within: float, whole_within: float) -> Measured:
        struck = self._struck or 0.0
        pages, entries = self.pages_since_strike(), self.entries_since_strike()
        seen = self.seen()
        assert seen.integrity == ("ok",)
        assert len(set(seen.texts)) == len(seen.texts), "an entry is there twice"
        answers = back(struck, pages)
        assert answers is not None, pages
        acknowledged = self.visitors.acknowledged()
        assert acknowledged, "nobody left an entry, so none could be lost"
        return Measured(
            fault=self.name,
            answers=round(answers, 1),
            answers_within=within,
            whole=round(whole, 1),
            whole_within=whole_within,
            slowest=round(max(visit.end - visit.start for visit in pages if visit.good), 1),
            pages=len(pages),
            pages_failed=sum(not visit.good for visit in pages),
            entries=len(entries),
            entries_failed=sum(not visit.good for visit in entries),
            lost=len(set(acknowledged) - set(seen.texts)),
        )
