"""Keeps the state of a running machine in a directory: memory, and the layer of its disk that is closed by that.

The machine stands still meanwhile, then goes on with an empty layer on top. Memory is written before the disk is
touched: where that fails (a full disk), the machine goes on as if nothing had been asked.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from ensayar.errors import InfrastructureError
from ensayar.machine import launch, saved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ensayar.machine.qmp import Control

_SECONDS = 300.0
_DESCRIPTOR = "ensayar-memory"
# QEMU spares the network that it usually migrates over; a pipe needs no mercy.
_BANDWIDTH = 1 << 40


@dataclass(frozen=True, slots=True)
class Layer:
    """What a machine writes to."""

    path: Path
    """Its file; while QEMU runs, the file keeps this name."""
    node: str
    """What QEMU calls it."""


def freeze(control: Control, directory: Path, layer: Layer, following: Layer) -> None:
    """Keep memory and *layer* in *directory*; the machine goes on writing to *following*, which is made here.

    :raises InfrastructureError: it could not be kept; the machine goes on all the same, unless QEMU is gone.
    """
    control.execute("stop")
    try:
        _memory(control, directory / saved.MEMORY)
        try:
            # A second name and no other: QEMU opens the file again by the first one.
            os.link(layer.path, directory / saved.DISK)
        except OSError as error:
            message = f"{directory}: {error.strerror}"
            raise InfrastructureError(message) from error
        launch.make_layer(directory / saved.DISK, following.path, _size(control, layer.node))
        control.execute(
            "blockdev-snapshot-sync",
            {
                "node-name": layer.node,
                "snapshot-file": str(following.path),
                "snapshot-node-name": following.node,
                "format": "qcow2",
                "mode": "existing",
            },
        )
    finally:
        control.execute("cont")


def _memory(control: Control, path: Path) -> None:
    control.execute("migrate-set-parameters", {"max-bandwidth": _BANDWIDTH})
    with _new(path) as stream, _compressor(stream.fileno()) as (process, entrance):
        control.hand_over(_DESCRIPTOR, entrance.fileno())
        entrance.close()
        control.execute("migrate", {"uri": f"fd:{_DESCRIPTOR}"})
        until = time.monotonic() + _SECONDS
        while (answer := control.execute("query-migrate")).get("status") not in {"completed", "failed", "cancelled"}:
            if time.monotonic() > until:
                control.execute("migrate_cancel")
                message = f"the memory was not written within {_SECONDS:.0f} s"
                raise InfrastructureError(message)
            time.sleep(0.02)
        if answer["status"] != "completed":
            said = process.communicate()[1].decode(errors="replace").strip()
            message = f"the memory was not written: {said or answer.get('error-desc', answer['status'])}"
            raise InfrastructureError(message)
        try:
            said = process.communicate(timeout=_SECONDS)[1].decode(errors="replace").strip()
        except subprocess.TimeoutExpired as error:
            message = f"the memory was not packed within {_SECONDS:.0f} s"
            raise InfrastructureError(message) from error
        if process.returncode != 0:
            message = f"the memory was not written: {said}"
            raise InfrastructureError(message)


def _new(path: Path) -> IO[bytes]:
    try:
        return path.open("wb")
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise InfrastructureError(message) from error


@contextlib.contextmanager
def _compressor(target: int) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """A zstd that writes to *target*, and the end of a pipe that leads into it; its status tells of a full disk."""
    exit_, entry = os.pipe()
    entrance = os.fdopen(entry, "wb", 0)
    try:
        process = subprocess.Popen(
            ["zstd", "-q", "-1", "-T0", "-c"],
            stdin=exit_,
            stdout=target,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the parent
        )
    except OSError as error:
        entrance.close()
        message = f"zstd does not start: {error}"
        raise InfrastructureError(message, "install the package zstd") from error
    finally:
        os.close(exit_)
    try:
        yield process, entrance
    finally:
        entrance.close()
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


def _size(control: Control, node: str) -> int:
    nodes = control.execute("query-named-block-nodes", {"flat": True})
    return int(next(each for each in nodes if each.get("node-name") == node)["image"]["virtual-size"])
