"""The machine that figures were measured on, as far as it explains them; neither its name nor its places."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import docutils

from ensayar.machine import accelerator, image
from ensayar.machine.launch import default_hardware

if TYPE_CHECKING:
    from collections.abc import Callable


def machine(on_progress: Callable[[str], None]) -> dict[str, str]:
    """Label to value, in the order in which they are shown; the image is built where there is none."""
    chosen = accelerator.choose(image.ensure(on_progress))
    hardware = default_hardware()
    return {
        "Processor": f"{_processor()}, {os.cpu_count()} cores",
        "Memory": f"{_memory() / 2**30:.0f} GiB",
        "System": f"{_system()}, Linux {platform.release().partition('-')[0]}",
        "Python": f"{platform.python_version()}, docutils {docutils.__version__}",
        "QEMU": accelerator.qemu_version().removeprefix("QEMU emulator version "),
        "Accelerator": f"{chosen.name} ({'emulation' if chosen.name == 'tcg' else 'hardware'})",
        "Virtual machine": f"Debian 13, {hardware.cpus} cores, {hardware.memory} MiB",
    }


def commit(root: Path) -> str:
    """The commit that is checked out, with a ``+`` where it is not all that is there."""
    name = _git(root, "rev-parse", "--short=10", "HEAD")
    changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/bench")
    return f"{name}+" if changed else name


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def _processor() -> str:
    for line in _lines("/proc/cpuinfo"):
        label, _, value = line.partition(":")
        if label.strip() in {"model name", "Model"}:
            return value.strip()
    return platform.machine()


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _system() -> str:
    names = dict(line.partition("=")[::2] for line in _lines("/etc/os-release"))
    return names.get("PRETTY_NAME", platform.system()).strip('"')


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
