"""One machine for all tests here: booted once, kept as a disk, and resumed from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ensayar.machine.qemu import QemuMachine, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FRESH = "fresh"


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The disk of a machine that was up, and was saved and stopped."""
    disk = tmp_path_factory.mktemp("kept") / "disk.qcow2"
    with start(name="prueba") as machine:
        assert machine.terminal("root").run("cd /srv; word=before", timeout=30).exit_status == 0
        machine.save(FRESH)
        machine.stop(keep_disk=disk)
    return disk


@pytest.fixture(scope="session")
def machine(kept: Path) -> Iterator[QemuMachine]:
    with start(name="prueba", resume=(kept, FRESH)) as resumed:
        yield resumed
