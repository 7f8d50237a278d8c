"""The memory of this computer that virtual machines of a place take: a thread looks once a second."""

from __future__ import annotations

import contextlib
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PID_FILES = "runs/*/qemu.pid"
_RESIDENT = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)


class Peak:
    """The most that was seen."""

    def __init__(self, cache: Path) -> None:
        self.bytes = 0
        self._cache = cache
        self._over = threading.Event()

    def watch(self) -> None:
        """Look until it is over."""
        while not self._over.wait(1.0):
            self.bytes = max(self.bytes, sum(map(_resident, self._cache.glob(_PID_FILES))))

    def end(self) -> None:
        """It is over."""
        self._over.set()


def _resident(note: Path) -> int:
    try:
        status = Path(f"/proc/{note.read_text(encoding='ascii').strip()}/status").read_text(encoding="utf-8")
    except OSError:
        return 0  # it ended meanwhile
    found = _RESIDENT.search(status)
    return 1024 * int(found[1]) if found else 0


@contextlib.contextmanager
def watched(cache: Path) -> Iterator[Peak]:
    """The peak while the body runs, of machines whose run directories lie in *cache*."""
    peak = Peak(cache)
    thread = threading.Thread(target=peak.watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        peak.end()
        thread.join()
