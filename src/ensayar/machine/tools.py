"""The programs of the host that the machine room calls, and how to get the missing ones."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable  # noqa: TC003  (part of a signature that Sphinx reads)

from ensayar.errors import InfrastructureError

PACKAGES = {
    "mke2fs": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "newuidmap": "uidmap",
    "qemu-img": "qemu-utils",
    "qemu-system-x86_64": "qemu-system-x86",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
}
"""Program to Debian package."""

# mke2fs lives in /usr/sbin, which Debian leaves out of a normal user's PATH.
SEARCH_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"))


def find(program: str) -> str | None:
    """The full path of *program*, ``None`` where the host has none."""
    return shutil.which(program, path=SEARCH_PATH)


def require(*programs: str) -> None:
    """Raise :class:`InfrastructureError` that says what to type where one of *programs* is missing."""
    missing = [program for program in programs if find(program) is None]
    if missing:
        message = f"this computer lacks {', '.join(missing)}"
        raise InfrastructureError(message, f"type: {install_command(missing)}")


def install_command(programs: Iterable[str]) -> str:
    """What a person types on Debian to get *programs*."""
    packages = sorted({PACKAGES.get(program, program) for program in programs})
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get install --yes --no-install-recommends {' '.join(packages)}"


def tied_to_parent(signal_name: str) -> list[str]:
    """A command prefix that ends the program when its parent ends in whatever way; empty where unknown.

    ``setpriv`` is essential on Debian; ``PR_SET_PDEATHSIG`` exists on Linux only.
    """
    program = find("setpriv")
    return [program, "--pdeathsig", signal_name] if program else []
