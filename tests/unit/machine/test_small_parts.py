"""What can be said of a machine's parts without a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ensayar.errors import InfrastructureError, UsageError
from ensayar.machine import accelerator, console, qemu, saved, tools, usernet
from ensayar.machine.credentials import Keys, new_keys, smbios_strings
from ensayar.machine.launch import Hardware
from ensayar.machine.power import PanicError
from ensayar.machine.protocol import Adaptation
from ensayar.machine.terminal import Collector, exit_status

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.machine.image import Image

BOOT = "0f9c8f0e-2a4d-4b7e-9d7e-0123456789ab"


def test_the_console_without_control_sequences_and_marks(tmp_path: Path) -> None:
    path = tmp_path / "console"
    path.write_bytes(f"\x1b[!p\x1b]104\x1b[?7hfirst\r\n\r\n@@ensayar ready {BOOT}\r\nlast\r\n".encode())
    assert console.tail(path, 5)[-1] == "last"
    assert len(console.tail(path, 1)) == 1
    assert not any("@@ensayar" in line for line in console.tail(path, 5))
    assert console.tail(tmp_path / "missing", 5) == ()


def test_boots_are_counted_by_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "console"
    assert console.boots(path) == 0
    path.write_bytes(f"@@ensayar ready {BOOT}\r\nx\r\n@@ensayar ready {BOOT}\r\n@@ensayar ready 0f9c".encode())
    assert console.boots(path) == 2


def test_a_machine_that_gives_up_on_its_way_is_started_once_more_and_no_oftener() -> None:
    ends: list[Exception | str] = []
    said: list[str] = []

    def boot() -> str:
        end = ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end

    panic = PanicError("“x” is dead: Kernel panic\nlines", "again")
    ends[:] = [panic, "up"]
    assert qemu.persistently(boot, said.append) == "up"
    assert said == ["once more: “x” is dead: Kernel panic"]
    ends[:] = [panic, panic, "up"]
    with pytest.raises(PanicError):
        qemu.persistently(boot, said.append)
    ends[:] = [InfrastructureError("QEMU did not start"), "up"]
    with pytest.raises(InfrastructureError, match="QEMU did not start"):
        qemu.persistently(boot, said.append)
    assert ends == ["up"]


def test_a_kernel_that_gives_up_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "console"
    path.write_text("[  1.0] fine\n")
    assert console.dying_words(path) == ""
    path.write_text("[  1.0] Kernel panic - not syncing: Attempted to kill init!\n[  1.1] more\n")
    assert console.dying_words(path) == "Kernel panic - not syncing: Attempted to kill init!"


def test_forwarded_ports_as_qemu_prints_them() -> None:
    information = (
        "Hub -1 (net):\r\n  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n"
        "  TCP[ESTABLISHED]   9       127.0.0.1 38447       10.0.2.15    22     0     0\r\n"
        "  TCP[HOST_FORWARD]  14       127.0.0.1 39833       10.0.2.15    80     0     0\r\n"
        "  TCP[HOST_FORWARD]   8       127.0.0.1 38448       10.0.2.15    22     0     0\r\n"
    )
    assert usernet.parse(information) == {80: 39833, 22: 38448}


def test_a_character_split_between_two_pieces_stays_whole() -> None:
    seen: list[str] = []
    collector = Collector(seen.append)
    for byte in "añ€".encode():
        collector.add(bytes([byte]))
    collector.add(b"\xff\xc3")
    assert collector.text() == "añ€��" == "".join(seen)
    assert collector.size == 8


def test_results_of_the_helper() -> None:
    assert exit_status("exit 3") == 3
    assert exit_status("timeout") is None
    with pytest.raises(InfrastructureError, match="error disk full"):
        exit_status("error disk full")


def test_missing_tools_come_with_the_command_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "SEARCH_PATH", "/nowhere")
    with pytest.raises(InfrastructureError) as caught:
        tools.require("ssh", "ssh-keygen", "qemu-system-x86_64")
    assert "apt-get install --yes --no-install-recommends openssh-client qemu-system-x86" in caught.value.remedy


def test_each_run_has_keys_of_its_own(tmp_path: Path) -> None:
    one, two = new_keys(tmp_path), new_keys(tmp_path)
    assert one.client.startswith("-----BEGIN OPENSSH")
    assert len({one.client, one.host, two.client, two.host}) == 4
    assert list(tmp_path.iterdir()) == []
    strings = smbios_strings("muestra", one)
    assert one.client not in "".join(strings.values())


def test_the_accelerator_may_be_forced(monkeypatch: pytest.MonkeyPatch, image: Image) -> None:
    monkeypatch.setenv("ENSAYAR_ACCELERATOR", "tcg")
    assert accelerator.choose(image).name == "tcg"
    monkeypatch.setenv("ENSAYAR_ACCELERATOR", "warp")
    with pytest.raises(UsageError, match="warp"):
        accelerator.choose(image)


def test_a_probe_of_what_does_not_work_says_why(image: Image) -> None:
    assert tools.find("qemu-system-x86_64"), "the tests need QEMU"
    reason = accelerator.probe("no-such-accelerator", image.kernel)
    assert "no-such-accelerator" in reason


def test_a_saved_machine_is_described_in_a_private_file(tmp_path: Path) -> None:
    about = saved.Saved(
        name="a",
        platform="debian-13",
        image="digest",
        build="build",
        base=str(tmp_path / "image"),
        layers=(str(tmp_path / "below"),),
        accelerator="tcg",
        hardware=Hardware(2, 1536),
        keys=Keys("client", "client.pub", "host", "host.pub"),
        adaptations=(Adaptation("ca", "Two."),),
    )
    for name in ("image", "below", "kept"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lock").touch()
    kept = tmp_path / "kept"
    saved.write(about, kept)
    assert (kept / "machine.json").stat().st_mode & 0o777 == 0o600
    assert saved.read(kept) == about
    (tmp_path / "below" / "lock").unlink()
    with pytest.raises(InfrastructureError, match="below, which its disk stands on, is gone"):
        saved.read(kept)
    with pytest.raises(InfrastructureError, match="not a saved machine"):
        saved.read(tmp_path / "other")


@pytest.fixture
def image(tmp_path: Path) -> Image:
    from ensayar.machine.image import Image  # noqa: PLC0415 (for this fixture alone)

    return Image("debian-13", tmp_path / "vmlinuz", tmp_path / "initrd", tmp_path / "disk", "digest", "build")
