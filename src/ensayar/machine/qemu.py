"""The QEMU driver: :func:`start` and :func:`resume` give a running :class:`ensayar.machine.virtual.QemuMachine`."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ensayar.errors import InfrastructureError
from ensayar.machine import accelerator, building, credentials, launch, rundir, saved, tools
from ensayar.machine import adaptations as lending
from ensayar.machine import image as images
from ensayar.machine.link import helpers_digest
from ensayar.machine.power import PanicError
from ensayar.machine.virtual import QemuMachine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ensayar.machine.image import Image
    from ensayar.machine.rundir import RunDirectory

_T = TypeVar("_T")
_TOOLS = ("qemu-system-x86_64", "qemu-img", "ssh", "ssh-keygen", "zstd")


def start(
    *,
    name: str,
    platform: str = "debian-13",
    on_progress: Callable[[str], None] = lambda _line: None,
) -> QemuMachine:
    """A machine that is up; use it as a context manager or call ``stop``.

    *name* is its host name. :class:`InfrastructureError` where it cannot be had.
    """
    tools.require(*_TOOLS)
    image = images.ensure(on_progress, platform)
    chosen = accelerator.choose(image)
    on_progress(f"starting “{name}” with {chosen.name}: {chosen.reason}")
    return persistently(lambda: _boot(name, platform, image, chosen, on_progress), on_progress)


def persistently(boot: Callable[[], _T], on_progress: Callable[[str], None]) -> _T:
    """What *boot* gives; tried once more where the system inside has given up on its way.

    An emulated processor does that to a kernel now and then, and nothing has been done in the machine yet.
    """
    try:
        return boot()
    except PanicError as error:
        on_progress(f"once more: {error.message.partition(chr(10))[0]}")
        return boot()


def _boot(
    name: str, platform: str, image: Image, chosen: accelerator.Accelerator, on_progress: Callable[[str], None]
) -> QemuMachine:
    loan = lending.loan()
    with _run_directory(name) as run:
        keys = credentials.new_keys(run.path)
        about = saved.Saved(
            name=name,
            platform=platform,
            image=image.digest,
            build=image.build,
            base=str(image.disk.parent),
            layers=(),
            accelerator=chosen.name,
            hardware=launch.default_hardware(),
            keys=keys,
            adaptations=loan.adaptations,
        )
        launch.make_layer(image.disk, launch.layer_path(run, 0), image.disk.stat().st_size)
        machine = QemuMachine(about, run, chosen)
    with machine.stopped_on_failure():
        machine.power_on()
        for path, text in loan.files:
            machine.put(text.encode(), path, owner="root", group="root", mode=0o644)
    on_progress(f"“{name}” is up")
    return machine


def resume(directory: Path, *, on_progress: Callable[[str], None] = lambda _line: None) -> QemuMachine:
    """A machine that goes on from what :meth:`QemuMachine.checkpoint` kept in *directory*, which stays as it is.

    :class:`InfrastructureError` where that cannot be used any more.
    """
    tools.require(*_TOOLS)
    about = saved.read(directory)
    chosen = accelerator.Accelerator(about.accelerator, "as when it was kept")
    on_progress(f"waking up “{about.name}” with {chosen.name}")
    about = replace(about, layers=(*about.layers, str(directory)))
    with _run_directory(about.name) as run:
        size = (Path(about.base) / building.DISK).stat().st_size
        launch.make_layer(directory / saved.DISK, launch.layer_path(run, 0), size)
        machine = QemuMachine(about, run, chosen)
    with machine.stopped_on_failure():
        machine.power_on(memory=directory / saved.MEMORY)
    return machine


def origin(platform: str = "debian-13", *, on_progress: Callable[[str], None] = lambda _line: None) -> str:
    """A digest of all that a machine started now would have before step 1: a state kept by another one fits no other.

    Builds the image where need be: :class:`InfrastructureError` as for :func:`start`.
    """
    tools.require(*_TOOLS)
    image = images.ensure(on_progress, platform)
    chosen = accelerator.choose(image)
    parts = {
        "build": image.build,
        "accelerator": chosen.name,
        "processor": accelerator.processor() if chosen.name != "tcg" else "",
        "qemu": accelerator.qemu_version(),
        "hardware": asdict(launch.default_hardware()),
        "loan": lending.loan().files,
        "helpers": helpers_digest(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@contextlib.contextmanager
def _run_directory(name: str) -> Iterator[RunDirectory]:
    run = rundir.create(name)
    try:
        yield run
    except OSError as error:
        run.remove()
        message = f"{error.filename or run.path}: {error.strerror or error}"
        raise InfrastructureError(message, "make room there, or look at what stands in the way") from error
    except BaseException:
        run.remove()
        raise
