"""The keeper: a process of its own that owns QEMU and outlives whoever started it, just long enough.

``python -m ensayar.machine.keeper`` reads one JSON object per line from standard input and writes one per
line to standard output::

    {"keep": ["/run/directory", …]}   first: what to remove at the end
    {"launch": ["qemu-…", …]}      →  {"launched": pid}, and {"ended": status} when QEMU ends
    {"kill": true}                 →  {"ended": -9}

The end of standard input means that the parent ended, in whatever way: QEMU is killed and what it used is
removed. The keeper runs in its own session, so that Ctrl-C at the terminal reaches the parent first.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ensayar.machine import tools

PID_FILE = "qemu.pid"
LOG_FILE = "qemu.log"
_REMOVAL_SECONDS = 5.0


class Keeper:
    """What the process knows: the directories to remove and the QEMU that runs, if any."""

    def __init__(self) -> None:
        self._directories: list[Path] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._waiter: threading.Thread | None = None
        self._writing = threading.Lock()

    def serve(self) -> None:
        """Obey until standard input ends."""
        try:
            for line in sys.stdin:
                order = json.loads(line)
                if "keep" in order:
                    self._directories = [Path(path) for path in order["keep"]]
                elif "launch" in order:
                    self._launch(order["launch"])
                elif "kill" in order:
                    self._kill()
        finally:
            self._kill()
            for directory in self._directories:
                _remove(directory)

    def _launch(self, command: list[str]) -> None:
        directory = self._directories[0]
        with (directory / LOG_FILE).open("ab") as log:
            try:
                self._process = subprocess.Popen(
                    [*tools.tied_to_parent("KILL"), *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            except OSError as error:
                self._say({"failed": str(error)})
                return
        (directory / PID_FILE).write_text(str(self._process.pid), encoding="ascii")
        self._say({"launched": self._process.pid})
        self._waiter = threading.Thread(target=self._wait, args=(self._process,))
        self._waiter.start()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        self._say({"ended": process.wait()})

    def _kill(self) -> None:
        if self._process is None or self._waiter is None:
            return
        self._process.kill()
        self._waiter.join()
        self._process = self._waiter = None

    def _say(self, message: dict[str, Any]) -> None:
        with self._writing:
            try:
                sys.stdout.write(json.dumps(message) + "\n")
                sys.stdout.flush()
            except OSError:
                pass  # the parent is gone; the end of standard input says so too


def _remove(directory: Path) -> None:
    # A parent that was killed may leave an ssh that is about to write its socket: insist for a moment.
    until = time.monotonic() + _REMOVAL_SECONDS
    while directory.exists() and time.monotonic() < until:
        shutil.rmtree(directory, ignore_errors=True)
        if directory.exists():
            time.sleep(0.1)


def main() -> None:
    """Serve; a polite signal counts as the end of the parent."""

    def leave(_number: int, _frame: object) -> None:
        raise SystemExit

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, leave)
    Keeper().serve()


if __name__ == "__main__":
    main()
