"""What the host lends to the machine before step 1: its proxy, its package index, its authorities.

The article says nothing of these, so the evidence must: each comes with one sentence without secrets.
Authorities are part of the image (:mod:`ensayar.machine.recipe`); the rest is written when a machine
starts, so that a password in a proxy's address never enters the cached image.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from ensayar.machine.certificates import extra_authorities
from ensayar.machine.protocol import Adaptation

if TYPE_CHECKING:
    from collections.abc import Mapping

GATEWAY = "10.0.2.2"
"""The host, as seen from behind QEMU's user-mode network."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
MIRROR_VARIABLE = "ENSAYAR_APT_MIRROR"


@dataclass(frozen=True, slots=True)
class Loan:
    """What to give to the machine, and what to say about it."""

    adaptations: tuple[Adaptation, ...]
    """For the evidence."""
    files: tuple[tuple[str, str], ...]
    """Path and text of each file to write into the machine, owned by root, mode 0644."""


def as_seen_from_guest(url: str) -> str:
    """*url* with the host's loopback replaced by the address under which the guest reaches the host."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = parts.hostname or ""
    if host not in LOOPBACK and not host.startswith("127."):
        return url
    credentials, at, _ = parts.netloc.rpartition("@")
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{credentials}{at}{GATEWAY}{port}"))


def without_credentials(url: str) -> str:
    """*url* without user, password, query and fragment, fit to be shown."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def loan(environment: Mapping[str, str] | None = None) -> Loan:
    """What this host lends, from *environment* (default: the process's own) and its trusted authorities."""
    environment = os.environ if environment is None else environment
    adaptations: list[Adaptation] = []
    files: list[tuple[str, str]] = []
    proxies = _proxies(environment)
    if proxies:
        shown = ", ".join(f"{name} {without_credentials(url)}" for name, url in sorted(proxies.items()))
        adaptations.append(Adaptation("proxy", f"The host's proxy: {shown}."))
        files.append(("/etc/environment", _environment_file(proxies, environment)))
        files.append(("/etc/apt/apt.conf.d/90ensayar-proxy", _apt_proxy(proxies)))
    authorities = extra_authorities(environment)
    if authorities:
        count = f"{len(authorities)} certificate authorit{'y' if len(authorities) == 1 else 'ies'}"
        adaptations.append(Adaptation("ca", f"{count} that the host trusts beyond Mozilla's."))
    index = environment.get("PIP_INDEX_URL", "")
    if index.startswith(("http://", "https://")):
        index = as_seen_from_guest(index)
        adaptations.append(Adaptation("index", f"The host's Python package index: {without_credentials(index)}."))
        files.append(("/etc/pip.conf", f"[global]\nindex-url = {index}\n"))
    mirror = environment.get(MIRROR_VARIABLE)
    if mirror:
        adaptations.append(Adaptation("index", f"The host's Debian mirror: {without_credentials(mirror)}."))
    return Loan(tuple(adaptations), tuple(files))


def _proxies(environment: Mapping[str, str]) -> dict[str, str]:
    # Lower case wins, as in curl: https://everything.curl.dev/usingcurl/proxies/env.html
    named = {
        name: environment.get(name) or environment.get(name.upper()) or "" for name in ("http_proxy", "https_proxy")
    }
    return {name: as_seen_from_guest(url) for name, url in named.items() if url}


def _environment_file(proxies: Mapping[str, str], environment: Mapping[str, str]) -> str:
    exempt = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    hosts = dict.fromkeys([*LOOPBACK, *(host.strip() for host in exempt.split(",") if host.strip())])
    values = {**proxies, "no_proxy": ",".join(hosts)}
    return "".join(f'{case}="{value}"\n' for name, value in values.items() for case in (name, name.upper()))


def _apt_proxy(proxies: Mapping[str, str]) -> str:
    return "".join(f'Acquire::{name.removesuffix("_proxy")}::Proxy "{url}";\n' for name, url in sorted(proxies.items()))
