"""The keeper and the sweeping of leftovers, with a harmless program in QEMU's place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ensayar.errors import InfrastructureError
from ensayar.machine import rundir
from ensayar.machine.supervision import Supervision

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENSAYAR_CACHE", str(tmp_path / "cache"))


def exists(pid: int) -> bool:
    """Whether the process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


def test_it_launches_kills_and_launches_again() -> None:
    run = rundir.create("a")
    supervision = Supervision(run, [])
    supervision.launch(["sleep", "1000"])
    first = supervision.pid
    assert first
    assert exists(first)
    supervision.kill()
    assert supervision.ended == -signal.SIGKILL
    assert not exists(first)
    supervision.launch(["sh", "-c", "echo out of order; exit 3"])
    assert supervision.wait(10) == 3
    assert supervision.log_tail() == "out of order"
    supervision.close()
    assert not run.path.exists()
    assert not run.sockets.exists()
    run.remove()


def test_a_program_that_does_not_start_has_said_why() -> None:
    run = rundir.create("a")
    supervision = Supervision(run, [])
    supervision.launch(["/no/such/program"])  # by way of setpriv, which is there
    assert supervision.wait(10) not in {None, 0}
    assert "No such file" in supervision.log_tail()
    supervision.close()
    with pytest.raises(InfrastructureError, match="keeper of the virtual machine has ended"):
        supervision.launch(["sleep", "1"])
    run.remove()


def test_the_directories_are_private_and_the_sockets_path_short() -> None:
    run = rundir.create("a name/with .. odd\ncharacters")
    assert run.path.stat().st_mode & 0o777 == 0o700
    assert run.sockets.stat().st_mode & 0o777 == 0o700
    assert len(str(run.sockets / "ssh.0123456789abcdef")) < 100  # ssh adds a suffix while it connects
    run.remove()
    assert not run.path.exists()


def test_a_directory_in_use_is_not_swept_and_an_abandoned_one_is() -> None:
    used, abandoned = rundir.create("used"), rundir.create("abandoned")
    os.close(abandoned.lock)  # as when its processes are killed
    rundir.create("next").remove()
    assert used.path.exists()
    assert used.sockets.exists()
    assert not abandoned.path.exists()
    assert not abandoned.sockets.exists()
    used.remove()


def test_sweeping_ends_the_process_only_if_it_is_the_one() -> None:
    ours, others = rundir.create("ours"), rundir.create("others")
    # The path among the arguments is what tells.
    mine = subprocess.Popen(["sh", "-c", "sleep 1000; :", str(ours.path)])
    foreign = subprocess.Popen(["sleep", "1000"])
    (ours.path / "qemu.pid").write_text(str(mine.pid), encoding="ascii")
    (others.path / "qemu.pid").write_text(str(foreign.pid), encoding="ascii")
    os.close(ours.lock)
    os.close(others.lock)
    try:
        rundir.create("next").remove()
        assert eventually(lambda: not exists(mine.pid))
        assert exists(foreign.pid)
    finally:
        subprocess.run(["pkill", "-P", str(mine.pid)], check=False)
        for process in (mine, foreign):
            process.kill()
            process.wait()


PARENT = """\
import sys, time
from ensayar.machine import rundir
from ensayar.machine.supervision import Supervision
run = rundir.create("child")
supervision = Supervision(run, [])
supervision.launch(["sleep", "1000"])
print(run.path, run.sockets, supervision.pid, flush=True)
time.sleep(1000)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_however_the_parent_ends_nothing_is_left(number: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout
    path, sockets, pid = parent.stdout.readline().split()
    assert exists(int(pid))
    os.killpg(parent.pid, number)  # the whole group, as from the terminal
    parent.wait(10)
    assert eventually(lambda: not (exists(int(pid)) or Path(path).exists() or Path(sockets).exists()))
    parent.stdout.close()
