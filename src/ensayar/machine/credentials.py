"""What makes one machine of an image that many share: its name, its keys.

They travel as systemd credentials through SMBIOS (``systemd.system-credentials(7)``), so that the image
holds no key, no two runs share one, and the client knows the host's key before it connects.
"""

from __future__ import annotations

import base64
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.errors import InfrastructureError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Keys:
    """The two key pairs of a run."""

    client: str
    """Private key that may log in as root."""
    client_public: str
    """Its public half, one line."""
    host: str
    """Private key by which the machine proves who it is."""
    host_public: str
    """Its public half, one line."""


def new_keys(directory: Path) -> Keys:
    """Make keys; *directory* is for the moment in which they are made."""
    texts = []
    for name in ("client", "host"):
        path = directory / f"{name}.new"
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ensayar", "-f", str(path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            message = f"ssh-keygen failed: {done.stderr.strip() or done.stdout.strip()}"
            raise InfrastructureError(message)
        public = path.with_name(path.name + ".pub")
        texts += [path.read_text(encoding="ascii"), public.read_text(encoding="ascii")]
        path.unlink()
        public.unlink()
    return Keys(*texts)


def smbios_strings(name: str, keys: Keys) -> dict[str, str]:
    """File name to content of the SMBIOS strings for a machine called *name*."""
    hosts = f"127.0.0.1 localhost\n127.0.1.1 {name}\n::1 localhost ip6-localhost ip6-loopback\n"
    # Debian makes /root/.ssh by itself. “f” writes only what is not there: a reboot leaves alone what the
    # article has changed.
    lines = [
        _file("/etc/hostname", 0o644, f"{name}\n"),
        _file("/etc/hosts", 0o644, hosts),
        _file("/etc/ssh/ssh_host_ed25519_key", 0o600, keys.host),
        _file("/etc/ssh/ssh_host_ed25519_key.pub", 0o644, keys.host_public),
        _file("/root/.ssh/authorized_keys", 0o600, keys.client_public),
    ]
    return {
        "smbios-files": _credential("tmpfiles.extra", "".join(lines)),
        # For the first boot, when the name is wanted before the file is written.
        "smbios-name": _credential("system.hostname", name),
    }


def _file(path: str, mode: int, text: str) -> str:
    return f"f~ {path} {mode:04o} root root - {base64.b64encode(text.encode()).decode()}\n"


def _credential(name: str, text: str) -> str:
    return f"io.systemd.credential.binary:{name}={base64.b64encode(text.encode()).decode()}"
