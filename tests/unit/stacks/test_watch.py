"""``guest/watch.py``, which kills and waits to be told, with a keeper and an observer of our own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

WATCH = Path(__file__).parents[2] / "stacks" / "guest" / "watch.py"
KEEPER = 'seconds={seconds}; while :; do sleep "$seconds" & wait $!; echo {name} died >>{told}; sleep 0.3; done'
OBSERVER = "echo listening; exec tail --quiet --lines=0 --follow --sleep-interval=0.1 {told}"


def watch(told: Path, observer: str, seconds: str, name: str = "freno") -> subprocess.CompletedProcess[str]:
    keeper = subprocess.Popen(
        ["sh", "-c", KEEPER.format(seconds=seconds, name=name, told=told)], start_new_session=True
    )
    try:
        quick = WATCH.read_text(encoding="utf-8").replace("PATIENCE = 60.0", "PATIENCE = 5.0")
        quick = quick.replace("QUIET = 3.0", "QUIET = 0.5").replace("AT_RANDOM = 5.0", "AT_RANDOM = 0.2")
        command = [sys.executable, "-c", quick, "3", "freno", f"[s]leep {seconds}", "sh", "-c", observer]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    finally:
        os.killpg(keeper.pid, signal.SIGKILL)
        keeper.wait()


@pytest.fixture
def told(tmp_path: Path) -> Path:
    path = tmp_path / "told"
    path.touch()
    return path


def test_each_death_is_told_a_moment_later(told: Path) -> None:
    done = watch(told, OBSERVER.format(told=told), "98701")
    assert done.returncode == 0, done.stderr
    delays = json.loads(done.stdout)["delays"]
    assert len(delays) == 3
    assert all(0 < delay < 3 for delay in delays)


def test_an_observer_that_tells_of_another_tells_nothing(told: Path) -> None:
    done = watch(told, OBSERVER.format(told=told), "98702", name="muro")
    assert done.returncode == 1
    assert "the observer says nothing of 'freno'" in done.stderr


def test_an_observer_that_never_listens_is_not_waited_for(told: Path) -> None:
    done = watch(told, "exec sleep 98704", "98703")
    assert done.returncode == 1
    assert "the observer says nothing of ''" in done.stderr
