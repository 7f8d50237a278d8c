"""The command line of QEMU for one machine."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.machine.accelerator import Accelerator
    from ensayar.machine.rundir import RunDirectory

QEMU = "qemu-system-x86_64"
DISK_NODE = "disk"
NETWORK = "net"
MEMORY_VARIABLE = "ENSAYAR_MEMORY"
_MEMORY = 1536
_CPUS = 2


@dataclass(frozen=True, slots=True)
class Hardware:
    """What has to be equal for a saved memory to fit."""

    cpus: int
    """Virtual processors."""
    memory: int
    """MiB."""


def default_hardware() -> Hardware:
    """Two processors where the host has them; memory from ``ENSAYAR_MEMORY`` (MiB) or 1536."""
    text = os.environ.get(MEMORY_VARIABLE, "")
    try:
        memory = int(text) if text else _MEMORY
    except ValueError:
        message = f"{MEMORY_VARIABLE}={text}: a number of MiB is expected"
        raise UsageError(message) from None
    return Hardware(cpus=min(_CPUS, os.cpu_count() or 1), memory=memory)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that goes into a command line."""

    name: str
    """The machine's name, shown in the host's process list."""
    run: RunDirectory
    """Where console and control socket are."""
    kernel: Path
    """Linux."""
    initrd: Path
    """Its initial RAM disk."""
    accelerator: Accelerator
    """How it runs."""
    hardware: Hardware
    """What it runs on."""
    smbios: tuple[str, ...]
    """Names of files in the run directory that hold SMBIOS strings."""

    def command(self, forwards: dict[int, int], layer: Path, memory: Path | None = None) -> list[str]:
        """The command line.

        *forwards* is guest port to host port (0: any free one), *layer* the disk to write to, *memory* what the
        machine is to wake up with.
        """
        disk = {
            "driver": "qcow2",
            "node-name": DISK_NODE,
            "discard": "unmap",
            "file": {"driver": "file", "filename": str(layer)},
            # The disk lives as long as the machine: nothing has to survive a crash of the host.
            "cache": {"no-flush": True},
        }
        network = "".join(f",hostfwd=tcp:127.0.0.1:{host}-:{guest}" for guest, host in forwards.items())
        return [
            QEMU,
            *("-name", self.name, "-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35"),
            *self.accelerator.arguments(),
            *("-smp", str(self.hardware.cpus), "-m", str(self.hardware.memory)),
            *("-kernel", str(self.kernel), "-initrd", str(self.initrd)),
            *("-append", "root=/dev/vda rw console=ttyS0 mitigations=off quiet"),
            *("-blockdev", json.dumps(disk), "-device", f"virtio-blk-pci,drive={DISK_NODE}"),
            *("-netdev", f"user,id={NETWORK},ipv6=off{network}"),
            *("-device", f"virtio-net-pci,netdev={NETWORK},romfile="),
            *("-device", "virtio-rng-pci"),
            # Memory that the machine has freed need not be saved with it.
            *("-device", "virtio-balloon-pci,free-page-reporting=on"),
            *(word for name in self.smbios for word in ("-smbios", f"type=11,path={_escaped(self.run.path / name)}")),
            # Appended to: the console of before a power cut is still wanted after it.
            *("-chardev", f"file,id=console,path={_escaped(console_path(self.run))},append=on"),
            *("-serial", "chardev:console"),
            *("-chardev", f"socket,id=qmp,path={_escaped(control_path(self.run))},server=on,wait=off"),
            *("-mon", "chardev=qmp,mode=control"),
            *(("-incoming", f"exec:zstd -dqc -- {shlex.quote(str(memory))}") if memory else ()),
        ]


def layer_path(run: RunDirectory, number: int) -> Path:
    """The machine's disk: what differs from the image, or from the layer below. A number is used once."""
    return run.path / f"disk-{number}.qcow2"


def console_path(run: RunDirectory) -> Path:
    """What the machine says on its serial console."""
    return run.path / "console.log"


def control_path(run: RunDirectory) -> Path:
    """The socket of QEMU's control protocol."""
    return run.sockets / "qmp"


def make_layer(base: Path, path: Path, size: int) -> None:
    """An empty disk of *size* bytes in *path* over *base*: an image (``.raw``) or a layer that may be in use."""
    kind = "raw" if base.suffix == ".raw" else "qcow2"
    run_tool(["qemu-img", "create", "-q", "-u", "-f", "qcow2", "-b", str(base), "-F", kind, str(path), str(size)])


def run_tool(command: list[str]) -> str:
    """What *command* prints; :class:`InfrastructureError` where it fails."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        message = f"{command[0]} failed: {done.stderr.strip()}"
        raise InfrastructureError(message)
    return done.stdout


def _escaped(path: Path) -> str:
    # QEMU's option parser takes a doubled comma for one in a value.
    return str(path).replace(",", ",,")
