"""One machine for all tests here: booted once, kept as a checkpoint, and resumed from it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ensayar.machine.paths import cache_directory
from ensayar.machine.qemu import resume, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ensayar.machine.virtual import QemuMachine


def empty(directory: Path) -> Path:
    """A directory that a machine may be kept in."""
    directory.mkdir()
    (directory / "lock").touch()
    return directory


@pytest.fixture(scope="session")
def states() -> Iterator[Path]:
    """Where states are kept: on the file system of the machines' disks, because the two share files."""
    cache = cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="states-", dir=cache) as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def kept(states: Path) -> Path:
    """The state of a machine that was up, kept while it ran."""
    directory = empty(states / "fresh")
    with start(name="prueba") as machine:
        assert machine.terminal("root").run("cd /srv; word=before", timeout=30).exit_status == 0
        machine.checkpoint(directory)
    return directory


@pytest.fixture(scope="session")
def machine(kept: Path) -> Iterator[QemuMachine]:
    with resume(kept) as resumed:
        yield resumed
