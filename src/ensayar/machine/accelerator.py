"""Which of QEMU's accelerators works here, found out by booting a kernel with it.

``/dev/kvm`` may exist and be useless: QEMU aborts, or the guest dies in its first instructions. So a
kernel without a root file system is started and has to come as far as missing it.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError, UsageError
from ensayar.machine.paths import cache_directory
from ensayar.machine.tools import tied_to_parent

if TYPE_CHECKING:
    from ensayar.machine.image import Image

VARIABLE = "ENSAYAR_ACCELERATOR"
QEMU = "qemu-system-x86_64"
_FILE = "accelerator.json"
_SECONDS = 20.0
# What the kernel says when it has run all of its own set-up: init/do_mounts.c.
_ARRIVED = "Unable to mount root fs"


@dataclass(frozen=True, slots=True)
class Accelerator:
    """An accelerator and why it is the one."""

    name: str
    """``kvm``, ``hvf`` or ``tcg``."""
    reason: str
    """One sentence."""

    def arguments(self) -> list[str]:
        """QEMU's options for it."""
        if self.name == "tcg":
            # Translated code is dear: the default buffer is flushed again and again.
            return ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max"]
        return ["-accel", self.name, "-cpu", "host"]


def choose(image: Image) -> Accelerator:
    """The accelerator to use, found by trial once per boot of the host and version of QEMU."""
    forced = os.environ.get(VARIABLE)
    if forced:
        if forced not in {"kvm", "hvf", "tcg"}:
            message = f"{VARIABLE}={forced}: kvm, hvf or tcg is expected"
            raise UsageError(message)
        return Accelerator(forced, f"{VARIABLE} says so")
    candidate = {"linux": "kvm", "darwin": "hvf"}.get(sys.platform)
    if candidate is None or (candidate == "kvm" and not Path("/dev/kvm").exists()):
        return Accelerator("tcg", "this computer offers no hardware acceleration")
    key = f"{candidate} {qemu_version()} {_host_boot()}"
    cache = cache_directory() / _FILE
    try:
        known = json.loads(cache.read_text(encoding="utf-8"))
        if known["key"] == key:
            return Accelerator(known["name"], known["reason"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no verdict, or none that can be read: try again
    failure = probe(candidate, image.kernel)
    found = (
        Accelerator("tcg", f"{candidate} does not work here: {failure}")
        if failure
        else Accelerator(candidate, f"a kernel boots with {candidate}")
    )
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text(json.dumps({"key": key, "name": found.name, "reason": found.reason}), encoding="utf-8")
    return found


def probe(name: str, kernel: Path) -> str:
    """Boot *kernel* with accelerator *name*; why it does not work, empty where it does."""
    command = [
        *tied_to_parent("KILL"),
        QEMU,
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-machine", "q35", "-m", "256", "-smp", "2"),
        *Accelerator(name, "").arguments(),
        *("-kernel", str(kernel), "-append", "console=ttyS0 panic=-1", "-serial", "stdio"),
    ]
    try:
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return f"a kernel did not boot within {_SECONDS:.0f} s"
    except OSError as error:
        return str(error)
    if _ARRIVED in done.stdout.decode(errors="replace"):
        return ""
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return said[0] if said else f"QEMU ended with status {done.returncode}"


def qemu_version() -> str:
    """The first line of ``qemu-system-x86_64 --version``."""
    done = subprocess.run([QEMU, "--version"], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        message = f"{QEMU} does not start: {done.stderr.strip()}"
        raise InfrastructureError(message)
    return done.stdout.partition("\n")[0]


def processor() -> str:
    """The host's processor: a memory kept under hardware acceleration has seen its features."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    wanted = ("model name", "flags", "Features", "CPU part")
    return "\n".join(dict.fromkeys(line for line in lines if line.startswith(wanted)))


def _host_boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return platform.platform()
