"""A running machine is kept and goes on; others wake up from what was kept, which stays as it is."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from ensayar.errors import InfrastructureError
from ensayar.machine.power import PanicError
from ensayar.machine.qemu import resume
from machine.conftest import empty

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.vm

SERVER = (
    "perl -MIO::Socket::INET -e '$| = 1; $s = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1); "
    'print "ready\\n"; while ($c = $s->accept) { print $c "HTTP\\n"; close $c }\' >/root/server & '
    "until grep ready /root/server; do sleep .1; done"
)
ASK = "exec 3<>/dev/tcp/127.0.0.1/8000 && head -n 1 <&3"


def digests(directory: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.iterdir()}


def test_a_state_upon_a_state_wakes_up_with_both_and_leaves_them_as_they_are(states: Path, kept: Path) -> None:
    second = empty(states / "second")
    with resume(kept) as machine:
        terminal = machine.terminal("root")
        assert terminal.run("echo one >/root/one; word=between; sleep 1000 & child=$!", timeout=30).exit_status == 0
        machine.checkpoint(second)
        assert terminal.run("echo $word; echo later >/root/later; rm /root/one", timeout=30).output == "between\n"
        machine.power_cut(timeout=240)  # from the layers on disk
        assert machine.run("cat /root/one 2>&1; echo up").output.endswith("up\n")
    before = digests(second), digests(kept)
    for _ in range(2):
        with resume(second) as machine:
            outcome = machine.terminal("root").run(
                "echo $word $PWD; cat /root/one; ls /root/later; ps -o args= -p $child; echo spoilt >/root/one",
                timeout=30,
            )
            assert outcome.output == (
                "between /srv\none\nls: cannot access '/root/later': No such file or directory\nsleep 1000\n"
            )
            assert abs(float(machine.run("date +%s.%N").output) - time.time()) < 5
    assert (digests(second), digests(kept)) == before


def test_servers_still_answer_after_waking_up_and_new_logins_are_let_in(states: Path, kept: Path) -> None:
    third = empty(states / "third")
    with resume(kept) as machine:
        machine.terminal("root").run(SERVER, timeout=30)
        assert machine.run(ASK).output == "HTTP\n"
        machine.checkpoint(third)
    with resume(third) as machine:
        assert machine.run(ASK).output == "HTTP\n"
        done = subprocess.run([*machine.ssh_arguments(), "echo in"], check=True, capture_output=True, text=True)
        assert done.stdout == "in\n"


def test_a_background_command_is_found_again(states: Path, kept: Path) -> None:
    fourth = empty(states / "fourth")
    with resume(kept) as machine:
        background = machine.background("root", "echo begun; sleep 1000")
        machine.checkpoint(fourth)
        name = background.id
    with resume(fourth) as machine:
        again = machine.attach(name)
        assert again.output() == "begun\n"
        again.interrupt()
        assert machine.run("pgrep --count sleep").output == "0\n"


def test_where_the_disk_is_full_the_machine_goes_on_and_nothing_is_taken_for_a_state(
    states: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = empty(states / "fifth")
    # what a full disk does to the compressor: it cannot write what it has read
    (directory / "zstd").write_text(
        "#!/bin/sh\nhead -c 1000000 >/dev/null; echo no space >&2; exit 1\n", encoding="utf-8"
    )
    (directory / "zstd").chmod(0o755)
    with resume(kept) as machine:
        monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
        with pytest.raises(InfrastructureError, match="the memory was not written: no space"):
            machine.checkpoint(directory)
        monkeypatch.undo()
        assert machine.run("echo alive").output == "alive\n"
        with pytest.raises(InfrastructureError, match="not a saved machine"):
            resume(directory)
        (directory / "zstd").unlink()
        machine.checkpoint(directory)
    with resume(directory) as machine:
        assert machine.run("echo awake").output == "awake\n"


def test_a_kernel_that_gives_up_is_told_from_a_lost_connection(kept: Path) -> None:
    with resume(kept) as machine, pytest.raises(PanicError, match="“prueba” is dead: Kernel panic - not syncing"):
        machine.run("echo 1 >/proc/sys/kernel/sysrq; echo 0 >/proc/sys/kernel/panic; echo c >/proc/sysrq-trigger")


def test_a_spoilt_memory_is_refused(states: Path, kept: Path) -> None:
    sixth = empty(states / "sixth")
    for path in kept.iterdir():
        shutil.copy(path, sixth / path.name)
    memory = (sixth / "memory.zst").read_bytes()
    (sixth / "memory.zst").write_bytes(memory[: len(memory) // 2])
    with pytest.raises(InfrastructureError, match="QEMU did not start"):
        resume(sixth)
