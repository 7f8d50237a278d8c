"""``watch.py TIMES NAME PATTERN OBSERVER…``: kills a program, and prints after how many seconds the observer tells.

The program is the one whose command line PATTERN finds (as ``pgrep --full`` does); somebody starts it anew each time.
The observer is a command that prints a line for whatever it learns, the first one when it listens; a line with NAME in
it tells of the program. Death and line are timed by the same clock, in this process.
"""

import contextlib
import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

PATIENCE = 60.0
QUIET = 3.0
"""Seconds without a line, after which the observer has told all that it had to tell."""
AT_RANDOM = 5.0
"""The next death comes at a moment within so many seconds: whoever looks now and then must not be met in step."""

Lines = queue.Queue[tuple[float, str]]


def find(pattern: str, gone: set[int]) -> int:
    """The number of the program's process, which is none of those that are *gone*."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        said = subprocess.run(["pgrep", "--full", "--", pattern], check=False, stdout=subprocess.PIPE, text=True).stdout
        pids = {int(pid) for pid in said.split()} - gone
        if len(pids) == 1:
            return pids.pop()
        time.sleep(0.1)
    sys.exit(f"{pattern}: not one process, and none anew after {PATIENCE:.0f} s")


def told(lines: Lines, name: str) -> float:
    """When the next line with *name* in it came."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            moment, line = lines.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            sys.exit(f"the observer says nothing of {name!r}")
        if name in line:
            return moment


def let_talk(lines: Lines) -> None:
    """Let the observer tell what it has to tell."""
    with contextlib.suppress(queue.Empty):
        while True:
            lines.get(timeout=QUIET)


@contextlib.contextmanager
def observing(command: list[str]) -> Iterator[Lines]:
    """The observer's lines, with when they came."""
    lines: Lines = queue.Queue()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as observer:
        stream = observer.stdout
        assert stream is not None

        def read() -> None:
            for line in stream:
                lines.put((time.monotonic(), line))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield lines
        finally:
            os.killpg(observer.pid, signal.SIGTERM)


def main(times: int, name: str, pattern: str, command: list[str]) -> None:
    """Kill and wait."""
    delays: list[float] = []
    gone: set[int] = set()
    with observing(command) as lines:
        told(lines, "")
        for _ in range(times):
            let_talk(lines)
            pid = find(pattern, gone)
            time.sleep(random.uniform(0, AT_RANDOM))  # noqa: S311  (nothing is secret)
            struck = time.monotonic()
            os.kill(pid, signal.SIGKILL)
            delays.append(round(told(lines, name) - struck, 4))
            gone.add(pid)
        find(pattern, gone)
    print(json.dumps({"delays": delays}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
