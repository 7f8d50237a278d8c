"""What an image is made of, as one value with a digest: packages, files, commands, authorities.

Everything that changes the image is in here, so that the digest may serve as the image's name. What
belongs to one run (keys, host name, proxy) is not: see :mod:`ensayar.machine.credentials`.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from dataclasses import dataclass
from typing import Any

from ensayar.errors import UsageError
from ensayar.machine.adaptations import GATEWAY, MIRROR_VARIABLE
from ensayar.machine.certificates import extra_authorities
from ensayar.machine.console import READY_MARK

VERSION = 1
"""Raise it where the way of building changes and nothing else here does."""
SUITES = {"debian-13": "trixie"}
"""Platform to Debian release."""
DISK_SIZE = "8G"

# What an installer leaves on a small server, with the parts that it takes to start as a virtual machine.
_PACKAGES = (
    "apt-utils",
    "ca-certificates",
    "dbus",
    "e2fsprogs",
    "initramfs-tools",
    "iproute2",
    "iputils-ping",
    "kmod",
    "less",
    "libpam-systemd",
    "linux-image-cloud-amd64",
    "login",
    "nano",
    "openssh-server",
    "passwd",
    "procps",
    "systemd-sysv",
    "tzdata",
    "udev",
    "zstd",
)

# apt's translations and the manual pages cost time under emulation and are never read there.
_OPTIONS = (
    '--aptopt=Acquire::Languages "none"',
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
)

_SSHD = """\
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
HostKey /etc/ssh/ssh_host_ed25519_key
UseDNS no
# Whoever runs the machine may try often before it is up.
PerSourcePenalties no
# Every command of a rehearsal is a session of one connection; the default is 10.
MaxSessions 100
"""

# Static: what QEMU's user-mode network would say by DHCP is known, and asking costs a second.
_NETWORK = f"""\
[Match]
Type=ether

[Network]
Address=10.0.2.15/24
Gateway={GATEWAY}
LinkLocalAddressing=no
IPv6AcceptRA=no
"""

# Only what it takes to reach the disk: a general initrd is four times as large and slow to unpack.
_INITRD_HOOK = """\
#!/bin/sh
[ "$1" = prereqs ] && exit 0
. /usr/share/initramfs-tools/hook-functions
manual_add_modules virtio_pci virtio_blk ext4
"""

# One line on the console per boot, with its id: nobody has to knock until somebody opens.
_READY = f"""\
[Unit]
Description=Tell the host that this machine lets people in
Wants=network-online.target
After=network-online.target ssh.service systemd-user-sessions.service

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'read id </proc/sys/kernel/random/boot_id; echo "{READY_MARK} $id" >/dev/ttyS0'

[Install]
WantedBy=multi-user.target
"""

_FILES: dict[str, tuple[int, str]] = {
    "etc/default/locale": (0o644, "LANG=C.UTF-8\n"),
    "etc/fstab": (0o644, "/dev/vda / ext4 rw,errors=remount-ro 0 1\n"),
    "etc/initramfs-tools/conf.d/ensayar": (0o644, "MODULES=list\nRESUME=none\n"),
    "etc/initramfs-tools/hooks/ensayar": (0o755, _INITRD_HOOK),
    "etc/ssh/sshd_config.d/10-ensayar.conf": (0o644, _SSHD),
    "etc/systemd/system/ensayar-ready.service": (0o644, _READY),
    "etc/systemd/network/80-ensayar.network": (0o644, _NETWORK),
}

# The timers would compete with the article for apt's lock and for the processor; the host's key comes
# with each run; nobody sits at the console; and the generator complains where there is no vsock.
_MASKED = (
    "etc/systemd/system/apt-daily-upgrade.timer",
    "etc/systemd/system/apt-daily.timer",
    "etc/systemd/system/e2scrub_all.timer",
    "etc/systemd/system/e2scrub_reap.service",
    "etc/systemd/system/fstrim.timer",
    "etc/systemd/system/serial-getty@ttyS0.service",
    "etc/systemd/system/sshd-keygen.service",
    "etc/systemd/system-generators/systemd-ssh-generator",
)

_LAST = (
    'chroot "$1" systemctl --quiet enable systemd-networkd ensayar-ready',
    # A run brings its own; mmdebstrap leaves the host's.
    'rm -f "$1"/etc/ssh/ssh_host_* "$1/etc/hostname" "$1/etc/hosts"',
    'rm -f "$1/etc/resolv.conf" && echo nameserver 10.0.2.3 > "$1/etc/resolv.conf"',
    # Empty rather than “uninitialized”: a machine id is made at boot, without a first-boot setup.
    ': > "$1/etc/machine-id"',
    # Or each first boot would rebuild caches that are as new as they can be (systemd-update-done.service(8)).
    'touch "$1/etc/.updated" "$1/var/.updated"',
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to build one image."""

    platform: str
    """As ``debian-13``."""
    suite: str
    """Debian's name of the release."""
    mirror: str
    """Address of a Debian mirror; empty: mmdebstrap's own choice."""
    authorities: tuple[tuple[str, str], ...]
    """Digest and PEM text of each extra certificate authority."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that goes into the image."""
        parts = self._parts() | {"mirror": self.mirror, "authorities": [digest for digest, _ in self.authorities]}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @property
    def essence(self) -> str:
        """SHA-256 of what goes into the image on every host: neither its mirror nor its authorities."""
        return hashlib.sha256(json.dumps(self._parts(), sort_keys=True).encode()).hexdigest()

    def _parts(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "suite": self.suite,
            "packages": _PACKAGES,
            "options": _OPTIONS,
            "files": sorted((path, mode, text) for path, (mode, text) in _FILES.items()),
            "masked": _MASKED,
            "last": _LAST,
            "size": DISK_SIZE,
        }

    def overlay(self) -> bytes:
        """A tar archive of the files to lay over the essential packages, all owned by root."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path, (mode, text) in sorted(_FILES.items()):
                _add_file(archive, path, mode, text.encode())
            for digest, pem in self.authorities:
                _add_file(archive, f"usr/local/share/ca-certificates/ensayar-{digest[:16]}.crt", 0o644, pem.encode())
            for path in _MASKED:
                link = tarfile.TarInfo(path)
                link.type, link.linkname = tarfile.SYMTYPE, "/dev/null"
                archive.addfile(link)
        return buffer.getvalue()

    def arguments(self, overlay: str, target: str) -> list[str]:
        """The command line of mmdebstrap that writes the tree as a tar archive to *target*."""
        return [
            "mmdebstrap",
            "--mode=auto",
            "--variant=apt",
            "--format=tar",
            "--components=main",
            f"--include={','.join(_PACKAGES)}",
            *_OPTIONS,
            # Before the other packages: the kernel's initrd and the trust store are then made once, right.
            f"--essential-hook=tar-in {overlay} /",
            *(f"--customize-hook={command}" for command in _LAST),
            self.suite,
            target,
            *([self.mirror] if self.mirror else []),
        ]


def recipe(platform: str) -> Recipe:
    """The recipe for *platform* on this host; :class:`UsageError` where there is none."""
    if platform not in SUITES:
        message = f"unknown platform “{platform}”; there is: {', '.join(sorted(SUITES))}"
        raise UsageError(message)
    return Recipe(
        platform=platform,
        suite=SUITES[platform],
        mirror=os.environ.get(MIRROR_VARIABLE, ""),
        authorities=tuple(extra_authorities().items()),
    )


def _add_file(archive: tarfile.TarFile, path: str, mode: int, content: bytes) -> None:
    entry = tarfile.TarInfo(path)
    entry.mode, entry.size = mode, len(content)
    archive.addfile(entry, io.BytesIO(content))
