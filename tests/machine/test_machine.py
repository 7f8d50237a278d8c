"""The machine as a whole: files, commands, ports, logins, and what becomes of it when it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ensayar.errors import InfrastructureError
from ensayar.machine.qemu import resume, start

if TYPE_CHECKING:
    from collections.abc import Callable

    from ensayar.machine.virtual import QemuMachine

pytestmark = pytest.mark.vm


def test_a_resumed_machine_has_its_terminals_as_they_were(machine: QemuMachine) -> None:
    outcome = machine.terminal("root").run("pwd; echo $word", timeout=30)
    assert (outcome.exit_status, outcome.output) == (0, "/srv\nbefore\n")


def test_a_file_arrives_byte_for_byte_with_its_owner_and_mode(machine: QemuMachine) -> None:
    content = bytes(range(256)) * 1000
    machine.put(content, "/etc/a file", owner="root", group="www-data", mode=0o640)
    assert machine.get("/etc/a file") == content
    assert machine.run("stat -c '%U:%G %a' '/etc/a file'").output == "root:www-data 640\n"


def test_writing_follows_a_link_as_an_editor_does(machine: QemuMachine) -> None:
    machine.run("echo old >/root/target; ln -s target /root/link")
    machine.put(b"new\n", "/root/link", owner="root", group="root", mode=0o600)
    assert machine.run("readlink /root/link; cat /root/target").output == "target\nnew\n"


@pytest.mark.parametrize(
    ("path", "owner", "group", "error"),
    [
        ("/no/such/file", "root", "root", FileNotFoundError),
        ("/etc", "root", "root", IsADirectoryError),
        ("/root/x", "nadie-asi", "root", LookupError),
        ("/root/x", "root", "nadie-asi", LookupError),
        ("/proc/version", "root", "root", OSError),
    ],
)
def test_a_file_that_cannot_be_written_says_why(
    machine: QemuMachine, path: str, owner: str, group: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=path):
        machine.put(b"x", path, owner=owner, group=group, mode=0o644)


def test_a_file_that_is_not_there(machine: QemuMachine) -> None:
    with pytest.raises(FileNotFoundError):
        machine.get("/root/nothing")


def test_a_command_gets_its_input_and_its_time(machine: QemuMachine) -> None:
    assert machine.run("wc -c", stdin=b"x" * 3_000_000).output == "3000000\n"
    assert machine.run("echo err >&2; exit 9").output == "err\n"
    outcome = machine.run("echo begun; sleep 6543", timeout=2)
    assert (outcome.exit_status, outcome.output) == (None, "begun\n")
    assert machine.run("pgrep -f 'sleep 654[3]'").exit_status == 1


def test_the_system_inside_is_whole(machine: QemuMachine) -> None:
    assert machine.run("systemctl is-system-running").output == "running\n"
    assert machine.run("hostname; getent hosts prueba").output.split() == ["prueba", "127.0.1.1", "prueba"]
    assert machine.run("ping -c1 -W5 ::1").exit_status == 0
    assert machine.run("passwd --status root").output.split()[1] == "L"
    assert machine.run("find /var/lib/apt/lists -type f ! -name lock").output == ""


def test_its_packages_can_be_reached_with_what_the_host_lends(machine: QemuMachine) -> None:
    assert machine.run("apt-get update", timeout=200).exit_status == 0


def test_every_port_of_the_host_is_on_loopback_only(machine: QemuMachine) -> None:
    machine.terminal("root").run("mkdir -p /srv/w; echo hola >/srv/w/index.html", timeout=30)
    port = machine.port(8000)
    assert machine.port(8000) == port != machine.port(22)
    serve = (
        r"use IO::Socket; $s = IO::Socket::INET->new(LocalPort => 8000, Listen => 1, ReuseAddr => 1);"
        r'while ($c = $s->accept) { sysread $c, $r, 999; print $c "HTTP/1.0 200 OK\r\n\r\nhola"; close $c }'
    )
    server = machine.background("root", f"exec perl -e '{serve}'")
    assert _eventually(lambda: _fetch(port) == b"hola", 20)
    server.interrupt()
    pid = int((machine.ssh_config.parent / "qemu.pid").read_text(encoding="ascii"))
    listening = _listening_addresses(pid)
    assert len(listening) == 2
    assert set(listening) == {"0100007F"}  # 127.0.0.1, as /proc/net/tcp writes it


def test_only_the_key_of_this_run_opens_the_door(machine: QemuMachine, tmp_path: Path) -> None:
    other = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    for option in ("PreferredAuthentications=password,keyboard-interactive", f"IdentityFile={other}"):
        refused = subprocess.run(
            [
                "ssh",
                "-o",
                option,
                "-o",
                "ControlPath=none",
                "-F",
                _without_key(machine, tmp_path),
                machine.name,
                "true",
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        assert refused.returncode == 255
        assert "Permission denied (publickey)" in refused.stderr  # the only method that is offered


def test_ssh_arguments_open_a_shell_of_any_user(machine: QemuMachine) -> None:
    arguments = machine.ssh_arguments()
    assert subprocess.run([*arguments, "id -un"], check=True, capture_output=True, text=True).stdout == "root\n"


def test_facts_name_the_accelerator_and_the_image(machine: QemuMachine) -> None:
    facts = machine.facts
    assert facts.accelerator in {"kvm", "hvf", "tcg"}
    assert len(facts.image) == 64
    assert machine.run("nproc").output == f"{facts.cpus}\n"


def test_saved_and_restored_with_terminals_disk_and_clock(machine: QemuMachine) -> None:
    terminal = machine.terminal("root")
    terminal.run("cd /srv; word=saved; echo saved >/root/state", timeout=30)
    machine.save("one")
    machine.save("one")
    terminal.run("cd /etc; word=later; echo later >/root/state", timeout=30)
    time.sleep(3)
    machine.restore("one")
    assert terminal.run("pwd; echo $word; cat /root/state", timeout=30).output == "/srv\nsaved\nsaved\n"
    assert abs(float(machine.run("date +%s.%N").output) - time.time()) < 3
    with pytest.raises(InfrastructureError, match="nothing is saved under “other”"):
        machine.restore("other")


def test_a_lost_connection_is_opened_again_in_the_middle_of_a_command(machine: QemuMachine) -> None:
    command = "echo one; (sleep 1; pkill -f 'sshd-session: root') & sleep 6; echo two"
    outcome = machine.terminal("root").run(command, timeout=90)
    assert (outcome.exit_status, outcome.output) == (0, "one\ntwo\n")


def test_a_command_that_restarts_the_machine(machine: QemuMachine) -> None:
    machine.terminal("root").run("cd /etc; echo kept >/root/kept", timeout=30)
    port = machine.port(8000)
    assert machine.terminal("root").run("systemctl reboot", timeout=120).exit_status == 0
    machine.wait_for_reboot(timeout=240)
    assert machine.terminal("root").run("pwd; cat /root/kept", timeout=60).output == "/root\nkept\n"
    assert machine.port(8000) == port


def test_a_power_cut_right_after_the_first_boot_does_not_lock_us_out() -> None:
    with start(name="prueba") as machine:
        machine.power_cut(timeout=240)  # this boot's keys came with it, and a key that is an empty file stays one
        assert machine.run("hostname").output == "prueba\n"


def test_a_power_cut_loses_what_was_not_synced(machine: QemuMachine) -> None:
    machine.run("echo synced >/root/a; sync; echo 1000000 >/proc/sys/vm/dirty_writeback_centisecs; echo lost >/root/b")
    port = machine.port(8000)
    machine.power_cut(timeout=240)
    assert machine.run("cat /root/a; cat /root/b 2>/dev/null | wc -c").output == "synced\n0\n"
    assert machine.port(8000) == port


def test_a_machine_that_dies_says_so_and_does_not_hang(kept: Path) -> None:
    with resume(kept) as machine:
        assert machine.run("echo sixth-sense >/dev/ttyS0").exit_status == 0
        pid = int((machine.ssh_config.parent / "qemu.pid").read_text(encoding="ascii"))
        started = time.monotonic()
        killer = threading.Timer(2, os.kill, (pid, signal.SIGKILL))
        killer.start()
        with pytest.raises(InfrastructureError, match="sixth-sense"):
            machine.terminal("root").run("sleep 100", timeout=200)
        assert time.monotonic() - started < 30


def _eventually(holds: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.2)
    return False


def _fetch(port: int) -> bytes:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return bytes(answer.read())
    except OSError:
        return b""


def _listening_addresses(pid: int) -> list[str]:
    links = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    sockets = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:[")}
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return [line[1].partition(":")[0] for line in lines if line[3] == "0A" and line[9] in sockets]


def _without_key(machine: QemuMachine, directory: Path) -> str:
    path = directory / "config"
    lines = machine.ssh_config.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text(
        "".join(line for line in lines if "IdentityFile" not in line and "PreferredAuth" not in line), encoding="utf-8"
    )
    return str(path)
