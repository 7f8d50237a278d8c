"""The site over HTTPS, asked from this computer as a browser asks it: by its name, and trusting who signed for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH

AUTHORITY = "/root/autoridad/autoridad.crt"


class ByName(HTTPAdapter):
    """Connects to wherever the URL says, and expects the site called *domain* there."""

    def __init__(self, domain: str) -> None:
        self._domain = domain
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  (as in requests)
        """Give the name to the handshake and to who verifies the certificate."""
        options |= {"server_hostname": self._domain, "assert_hostname": self._domain}
        super().init_poolmanager(*args, **options)


@dataclass(frozen=True, slots=True)
class Site:
    """The site as this computer reaches it."""

    url: str
    """Where it is, without a path: ``https://127.0.0.1:PORT``."""
    domain: str
    """Its name."""
    authorities: Path
    """A file with the certificates of those who may sign for it, in PEM."""

    def visitor(self) -> requests.Session:
        """A visitor with cookies, who comes from the site's own page."""
        session = requests.Session()
        session.mount("https://", ByName(self.domain))
        session.headers.update({"Host": self.domain, "Referer": f"https://{self.domain}/"})
        session.verify = str(self.authorities)
        session.trust_env = False  # else a bundle that this computer's settings name would be trusted instead
        return session

    def get(self, path: str = "/", *, timeout: float = 60) -> requests.Response:
        """What the site answers to somebody who comes once, on a connection of their own."""
        with self.visitor() as visitor:
            return visitor.get(f"{self.url}{path}", headers={"Connection": "close"}, timeout=timeout)


def trusted(own: str, directory: Path) -> Path:
    """A file in *directory* with the authorities that everybody trusts, and the certificate *own*."""
    path = directory / "authorities.pem"
    path.write_text(f"{Path(DEFAULT_CA_BUNDLE_PATH).read_text(encoding='utf-8')}\n{own}", encoding="utf-8")
    return path
