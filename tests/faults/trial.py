"""One fault on one machine: strike it, wait until it has recovered, count what visitors saw, look for their entries."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from faults.measured import Measured
from faults.visitors import back
from finished.deployment import Deployment
from finished.settled import GOOD_IN_A_ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ensayar.machine.protocol import Machine
    from faults.visitors import Visit, Visitors

GRACE = 30.0
"""Seconds beyond the bounds that are waited, so that a failure tells how long it really takes."""


class Trial(Deployment):
    """A machine with visitors on it."""

    def __init__(self, name: str, machine: Machine, user: str, visitors: Visitors) -> None:
        """*name* of the fault; *user* runs the application; *visitors* are coming already."""
        super().__init__(machine, user)
        self.name = name
        self.visitors = visitors
        self._gone: tuple[int, ...] = ()
        self._struck: float | None = None
        self._mended: float | None = None
        self.results: list[Measured] = []

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

    def recovers(self, *, within: float, whole_within: float) -> Measured:
        """Wait until the machine has recovered by itself, and measure.

        The site must answer again *within* so many seconds of the fault, every process be there *whole_within* as many
        of the fault, or of when it was mended; no entry that was acknowledged may be lost, and the database must be
        sound.
        """
        assert self._struck is not None, "strike first"
        since = self._mended or self._struck
        until = since + max(within, whole_within) + GRACE
        while not self.is_whole(self._gone):
            assert time.monotonic() < until, f"not whole again after {time.monotonic() - since:.0f} s"
            time.sleep(0.2)
        whole = time.monotonic()
        while not self._answers_since(whole):
            assert time.monotonic() < until, f"no answer after {time.monotonic() - since:.0f} s: {self._last()}"
            time.sleep(0.2)
        assert self.is_whole(self._gone), "it was whole, and is not any more"
        self.visitors.__exit__(None, None, None)
        measured = self._measured(whole - since, within, whole_within)
        self.results.append(measured)
        assert measured.lost == 0
        assert measured.answers <= within, measured
        assert measured.whole <= whole_within, measured
        return measured

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
