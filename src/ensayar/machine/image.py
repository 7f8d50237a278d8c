"""The image that machines start from: built once per recipe by mmdebstrap, kept in the cache.

An image is a directory with a kernel, an initrd and a raw ext4 disk. It appears under its name only when
it is complete; builders wait for each other; what killed builds leave behind is swept by the next one.
It is built again when it is older than ``ENSAYAR_IMAGE_DAYS`` days (7), because Debian's packages move on.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError, UsageError
from ensayar.machine import building, tools
from ensayar.machine.paths import images_directory
from ensayar.machine.recipe import Recipe, recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AGE_VARIABLE = "ENSAYAR_IMAGE_DAYS"
_DAYS = 7.0
_FACTS = "image.json"
_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Image:
    """A built image; its files stay where they are as long as a machine uses them."""

    platform: str
    """As ``debian-13``."""
    kernel: Path
    """Linux, for direct boot."""
    initrd: Path
    """Made for this kernel and for a virtio disk only."""
    disk: Path
    """Raw ext4 file system, read-only by convention: machines write to overlays."""
    digest: str
    """Of the recipe."""
    build: str
    """Name of this very build: packages move between two builds of one recipe."""

    @property
    def lock(self) -> Path:
        """Whoever uses the image holds a shared flock on this file."""
        return self.disk.parent / _LOCK


def ensure(on_progress: Callable[[str], None], platform: str = "debian-13") -> Image:
    """The image for *platform*, built if need be; each call of *on_progress* gets one line.

    :class:`InfrastructureError` where it cannot be built and there is no older one.
    """
    made = recipe(platform)
    directory = images_directory()
    limit = _maximum_age()
    current = _newest(directory, made)
    if current is not None and _age(current) < limit:
        return current
    tools.require(*building.programs(), "qemu-img")
    directory.mkdir(parents=True, exist_ok=True)
    with _locked(directory / ".lock", on_progress):
        current = _newest(directory, made)  # another builder may have been at it meanwhile
        if current is not None and _age(current) < limit:
            return current
        _sweep(directory)
        try:
            fresh = _build(directory, made, on_progress)
        except InfrastructureError as error:
            if current is None:
                raise
            on_progress(f"could not renew the image, using the one of {_age(current) / 86400:.0f} days ago: {error}")
            return current
        _retire(directory, made, fresh)
        return fresh


def _build(directory: Path, made: Recipe, on_progress: Callable[[str], None]) -> Image:
    started = time.monotonic()
    name = f"{made.digest[:16]}-{time.strftime('%Y%m%d%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"
    scratch = directory / f".build-{name}"
    scratch.mkdir(mode=0o755)
    with building.cleaned_up(scratch):
        on_progress(f"building the image of {made.platform} (about a minute)")
        packages = building.build(made, scratch, on_progress)
        facts = {"platform": made.platform, "recipe": made.digest, "packages": packages}
        (scratch / _FACTS).write_text(json.dumps(facts, indent=1, sort_keys=True), encoding="utf-8")
        (scratch / _LOCK).touch()
        scratch.rename(directory / name)
    on_progress(f"image of {made.platform} built in {time.monotonic() - started:.0f} s")
    return _image(directory / name, made)


def _newest(directory: Path, made: Recipe) -> Image | None:
    builds = [path for path in directory.glob(f"{made.digest[:16]}-*") if (path / _FACTS).is_file()]
    return _image(max(builds, key=lambda path: path.name), made) if builds else None


def _image(path: Path, made: Recipe) -> Image:
    return Image(
        platform=made.platform,
        kernel=path / building.KERNEL,
        initrd=path / building.INITRD,
        disk=path / building.DISK,
        digest=made.digest,
        build=path.name,
    )


def _age(image: Image) -> float:
    # Wall clock: an age in days, over reboots of the host. A clock set back counts as new.
    return max(0.0, time.time() - (image.disk.parent / _FACTS).stat().st_mtime)


def _maximum_age() -> float:
    text = os.environ.get(AGE_VARIABLE, "")
    try:
        return 86400 * (float(text) if text else _DAYS)
    except ValueError:
        message = f"{AGE_VARIABLE}={text}: a number of days is expected"
        raise UsageError(message) from None


def _sweep(directory: Path) -> None:
    # Under the lock nobody builds: what is there was left by a builder that was killed.
    for path in directory.glob(".build-*"):
        building.remove(path)


def _retire(directory: Path, made: Recipe, fresh: Image) -> None:
    for path in directory.glob(f"{made.digest[:16]}-*"):
        if path.name == fresh.build:
            continue
        with (path / _LOCK).open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue  # a machine runs on it
            building.remove(path)


@contextmanager
def _locked(path: Path, on_progress: Callable[[str], None]) -> Iterator[None]:
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_progress("waiting for another build of an image to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
