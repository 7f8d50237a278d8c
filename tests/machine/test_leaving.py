"""Nothing is left behind, however the parent ends: no process, no disk, no socket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ensayar.machine.rundir import create

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.vm

PARENT = """\
import sys
from pathlib import Path
from ensayar.machine.qemu import resume
with resume(Path(sys.argv[1])) as machine:
    print(machine.ssh_config.parent, flush=True)
    machine.terminal("root").run("sleep 1000", timeout=1000)
"""


class Parent:
    """A process with a machine in the middle of a command, and where its things are."""

    def __init__(self, kept: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PARENT, str(kept)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout
        self.directory = Path(self.process.stdout.readline().strip())
        assert self.directory.is_dir()
        self.sockets = Path((self.directory / "sockets").read_text(encoding="utf-8"))
        assert self.sockets.is_dir()
        time.sleep(1)

    def running(self) -> list[str]:
        """Processes that use its directories: QEMU and ssh."""
        found = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], check=True, capture_output=True, text=True).stdout
        return [line for line in found.splitlines() if str(self.directory) in line]

    def wait_until_clean(self, *, directories: bool = True) -> bool:
        """Whether all of it is gone within 20 s."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if not self.running() and not (directories and (self.directory.exists() or self.sockets.exists())):
                return True
            time.sleep(0.1)
        return False


@pytest.fixture
def parent(kept: Path) -> Iterator[Parent]:
    parent = Parent(kept)
    assert len(parent.running()) >= 2
    yield parent
    if parent.process.poll() is None:
        parent.process.kill()
    parent.process.communicate()


def test_ctrl_c(parent: Parent) -> None:
    os.killpg(parent.process.pid, signal.SIGINT)  # as the terminal does: the whole group
    _, errors = parent.process.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    assert parent.wait_until_clean()


def test_sigkill_of_the_parent(parent: Parent) -> None:
    parent.process.kill()
    parent.process.wait(10)
    assert parent.wait_until_clean()


def test_sigkill_of_parent_and_keeper_is_swept_by_the_next_start(parent: Parent) -> None:
    children = Path(f"/proc/{parent.process.pid}/task/{parent.process.pid}/children").read_text(encoding="ascii")
    keepers = [
        int(child)
        for child in children.split()
        if b"ensayar.machine.keeper" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    assert len(keepers) == 1
    os.kill(keepers[0], signal.SIGKILL)
    parent.process.kill()
    assert parent.wait_until_clean(directories=False)
    assert parent.directory.exists()
    create("next").remove()
    assert not parent.directory.exists()
    assert not parent.sockets.exists()
