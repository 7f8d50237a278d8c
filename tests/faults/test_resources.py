"""What there is only so much of: the disk, and the room that logs may take."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.trial import Trial

pytestmark = pytest.mark.vm

# To the last block, root's reserve included; nothing is written, so that the host has to keep nothing.
FILL = """
for size in 1G 128M 16M 1M 64K 4K; do
  while fallocate --length $size /var/tmp/lleno.$((number = number + 1)) 2>/dev/null; do :; done
done
rm --force "/var/tmp/lleno.$number"
"""
FREE = "rm --force /var/tmp/lleno.*"
FLOOD_MIB = 12
LOG_MIB = 1
KEPT_LOGS = 6
"""As circus.ini says: the one that is written, and five old ones."""


def test_disk_full(trial: Trial) -> None:
    """While it is full pages are read as ever, an entry is refused with a plain 500, and none is taken and lost."""
    trial.check_output(FILL, timeout=120)
    full = time.monotonic()
    time.sleep(15)
    entries = [visit for visit in trial.visitors.entries() if visit.start >= full]
    pages = [visit for visit in trial.visitors.pages() if visit.start >= full]
    assert {visit.said for visit in entries if not visit.good} == {"500"}, entries
    assert all(visit.good for visit in pages), pages
    trial.strike(FREE)
    trial.recovers(within=10, whole_within=15)
    # told to the administrator, too: the log was on that disk, so what counts is that it is written again
    trial.visitors.fetch("/despues-del-disco-lleno")
    assert "despues-del-disco-lleno" in trial.check_output("tail -n 50 /var/log/muro/web.log")


def test_log_flood(trial: Trial) -> None:
    """A worker that cannot stop talking fills the room that its logs have, and no more; the site goes on."""
    worker = trial.workers()[0]
    line = "una línea del diluvio " * 4
    trial.strike(f"{{ yes '{line}' | head --bytes {FLOOD_MIB}M >/proc/{worker}/fd/1; }} 2>/dev/null &")
    deadline = time.monotonic() + 240
    while trial.run("pgrep --exact head").exit_status == 0:
        assert time.monotonic() < deadline, "circusd does not read what its workers say"
        time.sleep(1)
    trial.mend()
    trial.recovers(within=5, whole_within=15)
    sizes = trial.pids("stat --format %s /var/log/muro/web.log /var/log/muro/web.log.*")
    assert len(sizes) == KEPT_LOGS
    assert sum(sizes) < (KEPT_LOGS + 1) * LOG_MIB * 2**20
