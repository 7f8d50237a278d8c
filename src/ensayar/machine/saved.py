"""A machine's state in a directory: its memory, the layer of its disk that was written last, and what it needs.

The layer stands on the layers of earlier states and on the image, by their absolute paths; whoever runs on it
holds a shared flock on the ``lock`` of each. ``machine.json`` (mode 0600: it holds the machine's keys) has all
that a new QEMU has to have in common with the old one for the memory to fit.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ensayar.errors import InfrastructureError
from ensayar.machine.credentials import Keys
from ensayar.machine.launch import Hardware
from ensayar.machine.protocol import Adaptation

DISK = "disk.qcow2"
MEMORY = "memory.zst"
LOCK = "lock"
_DESCRIPTION = "machine.json"
_REMEDY = "start from the beginning, without the checkpoint"


@dataclass(frozen=True, slots=True)
class Saved:
    """What a kept state belongs to."""

    name: str
    """The machine's name."""
    platform: str
    """As ``debian-13``."""
    image: str
    """Digest of the image's recipe."""
    build: str
    """Name of the image's build."""
    base: str
    """Directory of the image, which the lowest layer stands on."""
    layers: tuple[str, ...]
    """Directories of the states that the disk stands on, the oldest first."""
    accelerator: str
    """``kvm``, ``hvf`` or ``tcg``."""
    hardware: Hardware
    """Processors and memory."""
    keys: Keys
    """The machine's keys."""
    adaptations: tuple[Adaptation, ...]
    """What the host had lent to it."""

    def needs(self) -> tuple[Path, ...]:
        """The directories without which the disk is nothing."""
        return (Path(self.base), *map(Path, self.layers))


def write(saved: Saved, directory: Path) -> None:
    """Describe the state in *directory* by *saved*."""
    path = directory / _DESCRIPTION
    path.touch(0o600)
    path.write_text(json.dumps(asdict(saved), indent=1), encoding="utf-8")


def forget(directory: Path) -> None:
    """There is no state in *directory* after all."""
    (directory / _DESCRIPTION).unlink(missing_ok=True)


def read(directory: Path) -> Saved:
    """The description of the state in *directory*; :class:`InfrastructureError` where it cannot be used any more."""
    try:
        data = json.loads((directory / _DESCRIPTION).read_text(encoding="utf-8"))
        saved = Saved(
            **{
                **data,
                "layers": tuple(data["layers"]),
                "hardware": Hardware(**data["hardware"]),
                "keys": Keys(**data["keys"]),
                "adaptations": tuple(Adaptation(**each) for each in data["adaptations"]),
            }
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{directory}: not a saved machine ({error})"
        raise InfrastructureError(message, _REMEDY) from error
    for needed in saved.needs():
        if not (needed / LOCK).is_file():
            message = f"{directory}: {needed}, which its disk stands on, is gone"
            raise InfrastructureError(message, _REMEDY)
    return saved
