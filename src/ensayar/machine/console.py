"""The machine's serial console, as a file that QEMU appends to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_READ = 65536
_CONTROL = re.compile(r"\x1b\[[0-9;?!]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
_PANIC = re.compile(r"Kernel panic - not syncing.*|KVM internal error.*")


def text(path: Path) -> str:
    """The end of what the console said, without control sequences."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _READ))
            data = file.read()
    except OSError:
        return ""
    return _CONTROL.sub("", data.decode(errors="replace"))


def tail(path: Path, lines: int) -> tuple[str, ...]:
    """The last *lines* that are not empty."""
    said = [line.rstrip() for line in text(path).splitlines() if line.strip()]
    return tuple(said[-lines:]) if lines > 0 else ()


def dying_words(path: Path) -> str:
    """The line in which the machine's kernel gives up; empty where it has not."""
    found = _PANIC.findall(text(path))
    return found[-1] if found else ""
