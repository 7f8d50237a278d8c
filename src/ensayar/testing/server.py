"""The final checks of an article on a server of one's own: ``--hosts=ssh://root@example.org``, as testinfra has it.

Nothing is played and nothing is started: the server is what the reader has made of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from ensayar.deploy_scene import DeployScene

if TYPE_CHECKING:
    import testinfra.host

    from ensayar.machine.protocol import Machine
    from ensayar.model import Article

SERVER = "server"


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server is."""

    host: str
    """What testinfra is told, as ``ssh://root@example.org``."""
    url: str
    """Where its site is, without a path."""

    @property
    def secure_url(self) -> str:
        """Where it is over HTTPS: at port 443, unless its address was given as one of HTTPS."""
        if self.url.startswith("https://"):
            return self.url
        name = urlsplit(self.url).hostname or ""
        return f"https://{f'[{name}]' if ':' in name else name}"


class ServerScene(DeployScene):
    """A server that has everything behind it."""

    name = SERVER

    def __init__(self, article: Article) -> None:
        """*article* is resolved."""
        super().__init__(article, self._none)

    @staticmethod
    def _none(article: Article) -> Machine:
        message = f"{article.slug}: a check of a server has no machine to start or stop; ask “host” and “site_url”"
        pytest.fail(message, pytrace=False)

    def advance(self, step: str, *, playing: bool = False) -> None:
        """Nothing: it is there."""


def server_of(config: pytest.Config) -> Server | None:
    """The server that ``--hosts`` names; ``None`` without one.

    :raises pytest.UsageError: it names several, or there is no telling where its site is.
    """
    named = config.getoption("hosts", None)
    url = config.getoption("ensayar_url")
    if not named:
        if url:
            message = "--ensayar-url goes with --hosts; add it"
            raise pytest.UsageError(message)
        return None
    if "," in named:
        message = f"--hosts {named}: one server at a time"
        raise pytest.UsageError(message)
    if url and not url.startswith(("http://", "https://")):
        message = f"--ensayar-url {url}: write http://… or https://…"
        raise pytest.UsageError(message)
    host = urlsplit(named if "://" in named else f"ssh://{named}").hostname
    if not (url or host):
        message = f"--hosts {named}: where is its site? add --ensayar-url http://…"
        raise pytest.UsageError(message)
    return Server(named, (url or f"http://{f'[{host}]' if ':' in str(host) else host}").rstrip("/"))


def connected(server: Server, config: pytest.Config) -> testinfra.host.Host:
    """Testinfra's host for *server*, with the options of its own that say how to get there."""
    import testinfra  # noqa: PLC0415  (testinfra is a plugin whose import pytest wants to watch)

    names = ("connection", "ssh_config", "ssh_identity_file", "ssh_extra_args", "sudo", "sudo_user")
    wanted = {name: config.getoption(name) for name in names}
    return testinfra.get_host(server.host, **{name: value for name, value in wanted.items() if value})
