"""A machine's disk kept after the machine: the seam for checkpoints that outlive a rehearsal.

Beside the disk ``x`` lies ``x.json`` (mode 0600: it holds the machine's keys), with all that a new QEMU
has to have in common with the old one for a saved memory to fit.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from ensayar.errors import InfrastructureError
from ensayar.machine.credentials import Keys
from ensayar.machine.launch import Hardware
from ensayar.machine.protocol import Adaptation

_REMEDY = "start from the beginning, without the checkpoint"


@dataclass(frozen=True, slots=True)
class Saved:
    """What a kept disk belongs to."""

    name: str
    """The machine's name."""
    platform: str
    """As ``debian-13``."""
    image: str
    """Digest of the image's recipe."""
    build: str
    """Name of the image's build."""
    base: str
    """Directory of the image, which the disk refers to."""
    accelerator: str
    """``kvm``, ``hvf`` or ``tcg``."""
    hardware: Hardware
    """Processors and memory."""
    keys: Keys
    """The machine's keys."""
    adaptations: tuple[Adaptation, ...]
    """What the host had lent to it."""


def write(saved: Saved, disk: Path) -> None:
    """Describe *disk* by *saved*."""
    path = _description(disk)
    path.touch(0o600)
    path.write_text(json.dumps(asdict(saved), indent=1), encoding="utf-8")


def read(disk: Path) -> Saved:
    """The description of *disk*; :class:`InfrastructureError` where it cannot be used any more."""
    try:
        data = json.loads(_description(disk).read_text(encoding="utf-8"))
        saved = Saved(
            **{
                **data,
                "hardware": Hardware(**data["hardware"]),
                "keys": Keys(**data["keys"]),
                "adaptations": tuple(Adaptation(**each) for each in data["adaptations"]),
            }
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{disk}: not a saved machine ({error})"
        raise InfrastructureError(message, _REMEDY) from error
    if not Path(saved.base).is_dir():
        message = f"{disk}: the image below it is gone"
        raise InfrastructureError(message, _REMEDY)
    return saved


def copy(disk: Path, target: Path) -> None:
    """Copy a disk, sharing its blocks where the file system can."""
    if sys.platform == "linux":
        command = ["cp", "--reflink=auto", "--sparse=always", "--", str(disk), str(target)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            message = f"the saved disk cannot be copied: {done.stderr.strip()}"
            raise InfrastructureError(message)
    else:
        shutil.copyfile(disk, target)


def _description(disk: Path) -> Path:
    return disk.with_name(disk.name + ".json")
