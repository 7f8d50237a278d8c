"""The machine's serial console, as a file that QEMU appends to.

The image has a unit that says here, once per boot, that the machine lets people in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

READY_MARK = "@@ensayar ready"
_READ = 65536
_CONTROL = re.compile(r"\x1b\[[0-9;?!]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
_READY = re.compile(re.escape(READY_MARK) + r" ([0-9a-f-]{36})\r?\n")
_PANIC = re.compile(r"Kernel panic - not syncing.*|KVM internal error.*")


def text(path: Path) -> str:
    """The end of what the console said, without control sequences."""
    return _CONTROL.sub("", _whole(path)[-_READ:])


def _whole(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def tail(path: Path, lines: int) -> tuple[str, ...]:
    """The last *lines* that are not empty."""
    said = [line.rstrip() for line in text(path).splitlines() if line.strip() and READY_MARK not in line]
    return tuple(said[-lines:]) if lines > 0 else ()


def dying_words(path: Path) -> str:
    """The line in which the machine's kernel gives up; empty where it has not."""
    found = _PANIC.findall(text(path))
    return found[-1] if found else ""


def boots(path: Path) -> int:
    """How often the machine has come so far as to let people in."""
    return len(_READY.findall(_whole(path)))
