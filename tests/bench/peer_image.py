"""An image for autopkgtest's QEMU runner: ours, with what that runner asks for.

It wants a kernel that knows 9p (the one for clouds does not), Python and dpkg-dev in the machine, a login prompt on
the first serial line and a shell of root's on the second (autopkgtest-virt-qemu(1), “REQUIREMENTS”).
"""

from __future__ import annotations

import io
import tarfile
from dataclasses import asdict
from typing import TYPE_CHECKING

from ensayar.machine import building
from ensayar.machine.recipe import Recipe, recipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_KERNELS = ("linux-image-cloud-amd64", "linux-image-amd64")
_GETTY = "etc/systemd/system/serial-getty@ttyS0.service"
_SHELL = """\
[Unit]
Description=Root's shell for autopkgtest

[Service]
ExecStart=/bin/sh
StandardInput=tty-fail
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS1
SendSIGHUP=yes
SuccessExitStatus=0 208 SIGHUP SIGINT SIGTERM SIGPIPE

[Install]
WantedBy=multi-user.target
"""


class PeerRecipe(Recipe):
    """Our recipe, with that."""

    __slots__ = ()

    def overlay(self) -> bytes:
        """Our files, with the shell's unit and without the mask of the prompt."""
        buffer = io.BytesIO()
        with (
            tarfile.open(fileobj=io.BytesIO(super().overlay())) as ours,
            tarfile.open(fileobj=buffer, mode="w") as made,
        ):
            for member in ours:
                if member.name != _GETTY:
                    made.addfile(member, ours.extractfile(member) if member.isfile() else None)
            unit = tarfile.TarInfo("etc/systemd/system/autopkgtest-shell.service")
            unit.size, unit.mode = len(_SHELL), 0o644
            made.addfile(unit, io.BytesIO(_SHELL.encode()))
        return buffer.getvalue()

    def arguments(self, overlay: str, target: str) -> list[str]:
        """The command line of mmdebstrap, with the other kernel and Python."""
        words = [word.replace(*_KERNELS) for word in super().arguments(overlay, target)]
        words[1:1] = [
            "--include=python3,dpkg-dev",
            '--customize-hook=chroot "$1" systemctl --quiet enable autopkgtest-shell',
        ]
        return words


def build(directory: Path, on_progress: Callable[[str], None]) -> None:
    """Write kernel, initrd and disk into *directory*."""
    with building.cleaned_up(directory):
        building.build(PeerRecipe(**asdict(recipe("debian-13"))), directory, on_progress)
