"""Which image is used, built, kept and swept; what building itself yields is seen by the tests in a machine."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import pytest

from ensayar.errors import InfrastructureError, UsageError
from ensayar.machine import building, image, scratch
from ensayar.machine.supervision import shared_lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ensayar.machine.recipe import Recipe


@pytest.fixture(autouse=True)
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of our own."""
    monkeypatch.setenv("ENSAYAR_CACHE", str(tmp_path))
    monkeypatch.delenv("ENSAYAR_IMAGE_DAYS", raising=False)
    return tmp_path / "images"


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The directories that were built into, each in a moment instead of a minute."""
    directories: list[Path] = []

    def build(_made: Recipe, directory: Path, _on_progress: Callable[[str], None]) -> dict[str, str]:
        directories.append(directory)
        time.sleep(0.2)
        for name in (building.KERNEL, building.INITRD, building.DISK):
            (directory / name).touch()
        return {"apt": "3.0"}

    monkeypatch.setattr(building, "build", build)
    return directories


def quiet(_line: str) -> None:
    pass


def age(made: image.Image, days: float) -> None:
    then = time.time() - 86400 * days
    os.utime(made.disk.parent / "image.json", (then, then))


@pytest.mark.usefixtures("built")
def test_an_image_appears_complete_and_is_used_again(images: Path) -> None:
    lines: list[str] = []
    first = image.ensure(lines.append)
    assert first.kernel.is_file()
    assert lines
    again: list[str] = []
    assert image.ensure(again.append) == first
    assert again == []
    assert [path.name for path in images.iterdir() if path.is_dir()] == [first.build]


def test_two_builders_do_not_build_twice(built: list[Path]) -> None:
    found: list[image.Image] = []
    threads = [threading.Thread(target=lambda: found.append(image.ensure(quiet))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    assert found == [found[0]] * 3


def test_an_old_image_is_built_again_and_removed(built: list[Path]) -> None:
    old = image.ensure(quiet)
    age(old, 8)
    new = image.ensure(quiet)
    assert len(built) == 2
    assert new.digest == old.digest
    assert new.build != old.build
    assert not old.disk.exists()


@pytest.mark.usefixtures("built")
def test_an_old_image_in_use_stays() -> None:
    old = image.ensure(quiet)
    lock = shared_lock(old.lock)
    age(old, 8)
    assert image.ensure(quiet).build != old.build
    assert old.disk.exists()
    os.close(lock)


def test_the_age_is_the_users_choice(built: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    old = image.ensure(quiet)
    age(old, 8)
    monkeypatch.setenv("ENSAYAR_IMAGE_DAYS", "30")
    assert image.ensure(quiet) == old
    assert len(built) == 1
    monkeypatch.setenv("ENSAYAR_IMAGE_DAYS", "soon")
    with pytest.raises(UsageError, match="ENSAYAR_IMAGE_DAYS=soon"):
        image.ensure(quiet)


@pytest.mark.usefixtures("built")
def test_without_a_new_one_the_old_one_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    old = image.ensure(quiet)
    age(old, 8)

    def fail(_made: Recipe, _directory: Path, _on_progress: Callable[[str], None]) -> dict[str, str]:
        message = "no network"
        raise InfrastructureError(message)

    monkeypatch.setattr(building, "build", fail)
    lines: list[str] = []
    assert image.ensure(lines.append) == old
    assert any("no network" in line for line in lines)


def test_a_build_that_fails_leaves_nothing_and_one_that_was_killed_is_swept(
    images: Path, built: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    killed = images / ".build-of-yesterday"
    killed.mkdir(parents=True)
    room = tmp_path / "ensayar-build-x"
    (room / "root").mkdir(parents=True)
    (killed / "scratch").write_text(str(room), encoding="utf-8")
    made = image.ensure(quiet)
    assert not killed.exists()
    assert not room.exists()
    age(made, 8)
    build = building.build

    def interrupted(recipe: Recipe, directory: Path, on_progress: Callable[[str], None]) -> dict[str, str]:
        build(recipe, directory, on_progress)
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "build", interrupted)
    with pytest.raises(KeyboardInterrupt):
        image.ensure(quiet)
    assert len(built) == 2
    assert list(images.glob(".build-*")) == []


def test_what_a_killed_build_left_running_is_ended(tmp_path: Path) -> None:
    room = scratch.make(tmp_path)
    (room / "tree").mkdir()
    environment = {**os.environ, "TMPDIR": str(room)}
    running = subprocess.Popen(
        ["sh", "-c", "echo ready; exec sleep 1000"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert running.stdout
    assert running.stdout.readline() == "ready\n"
    running.stdout.close()
    time.sleep(0.2)  # for exec
    scratch.clear(tmp_path)
    assert running.wait(10) == -signal.SIGKILL
    assert not room.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_tool_that_fails_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="out of order"):
        building.call(["sh", "-c", "echo out of order >&2; exit 3"], dict(os.environ), tmp_path / "log", quiet)
    assert (tmp_path / "log").read_text(encoding="utf-8") == "out of order\n"
