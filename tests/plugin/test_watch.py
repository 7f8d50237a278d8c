"""``ensayar watch``: what is saved is rehearsed, from the first step that changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plugin.sample import KEPT, edit, make, shells

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1]
SECONDS = 40.0


class Watch:
    """The command at work, and what it has printed."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.output = place / "output.log"
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "ENSAYAR", "CI"))}
        with self.output.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ensayar.cli", "watch", "posts/a.rst"],
                cwd=place,
                env={**inherited, "PYTHONPATH": str(TESTS), "COLUMNS": "200"},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.read = 0

    def until(self, text: str) -> str:
        """What was printed since the last call, up to *text*."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            new = self.output.read_text(encoding="utf-8")[self.read :]
            if text in new:
                found = new[: new.index(text) + len(text)]
                self.read += len(found)
                return found
            time.sleep(0.05)
        pytest.fail(f"no “{text}” in: {self.output.read_text(encoding='utf-8')}")

    def rehearsals(self) -> list[str]:
        """The processes that it has started and that are still there."""
        found = subprocess.run(["ps", "-wweo", "args="], check=True, capture_output=True, text=True).stdout.splitlines()
        return [
            line for line in found if "ensayar.cli rehearse" in line and "posts/a.rst" in line and "setpriv" not in line
        ]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    watch = Watch(make(tmp_path, KEPT))
    yield watch
    if watch.process.poll() is None:
        watch.process.kill()
        watch.process.wait()
    assert shells(tmp_path) == []


def test_what_is_saved_is_rehearsed_from_the_first_step_that_changed(watch: Watch) -> None:
    assert "[1/4] one" in watch.until("passed; waiting for it to be saved")
    post = watch.place / "posts" / "a.rst"
    edit(post, "echo four >> log", "echo four >>log")
    again = watch.until("passed; waiting for it to be saved")
    assert "[4/4] four" in again
    assert "[3/4] three" not in again

    edit(post, "   :login: muro", "   :logn: muro")
    wrong = watch.until("written wrong; waiting for it to be saved")
    assert "posts/a.rst:1: unknown option “:logn:”; did you mean “login”?" in wrong
    assert "Traceback" not in wrong
    edit(post, "   :logn: muro", "   :login: muro")
    assert "4 steps, 4 checks known" in watch.until("passed; waiting for it to be saved")

    watch.process.send_signal(signal.SIGINT)
    assert watch.process.wait(20) == 130
    assert watch.until("interrupted")


def test_what_is_saved_meanwhile_starts_it_anew_and_a_kill_ends_all_of_it(watch: Watch) -> None:
    post = watch.place / "posts" / "a.rst"
    watch.until("passed; waiting for it to be saved")
    edit(post, "# echo four >> log", "# echo four >> log; sleep 60")
    watch.until("from the checkpoint after")
    edit(post, "sleep 60", "sleep 0")
    assert "interrupted" in watch.until("passed; waiting for it to be saved")

    edit(post, "sleep 0", "sleep 61")
    watch.until("from the checkpoint after")
    mine = watch.rehearsals()
    assert mine
    watch.process.kill()
    watch.process.wait()
    until = time.monotonic() + SECONDS
    while shells(watch.place) and time.monotonic() < until:
        time.sleep(0.1)
    assert shells(watch.place) == []
