"""A machine on which somebody works while requests come."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import requests

from finished.deployment import Deployment
from finished.settled import await_well
from load.generator import Load
from load.measured import Measured, measure

if TYPE_CHECKING:
    from collections.abc import Callable

    from ensayar.machine.protocol import Machine

CALM_SECONDS = 5.0
"""Between one operation and the next: the pause that a person makes, and that Circus needs."""
TIMEOUT = 3600.0


class Operated(Deployment):
    """A machine on which somebody works while requests come."""

    def __init__(self, name: str, machine: Machine, user: str, domain: str, count: int) -> None:
        """*name* of the operation; *count* requests are to come to *domain*."""
        super().__init__(machine, user)
        self.results: list[Measured] = []
        self._name = name
        self._domain = domain
        self._count = count
        self._url = await_well(machine, domain)

    @property
    def user(self) -> str:
        """Who runs the application."""
        return self._user

    def circusctl(self, order: str) -> str:
        """What circusd answers to *order*."""
        return self.check_output(
            f"runuser -u {self._user} -- /usr/local/bin/muro circusctl --timeout 120 {order}", timeout=180
        )

    def page(self) -> str:
        """The site's page."""
        answer = requests.get(self._url, headers={"Host": self._domain, "Connection": "close"}, timeout=60)
        answer.raise_for_status()
        return answer.text

    def under_load(self, operation: Callable[[], object]) -> Measured:
        """Do *operation* for as long as the requests come, and measure."""
        assert self.is_whole()
        times = 0
        with Load(f"{self._url}/", self._domain, self._count) as load:
            time.sleep(CALM_SECONDS)
            while load.running():
                operation()
                times += load.running()
                time.sleep(CALM_SECONDS)
            found = measure(self._name, times, load.answers(TIMEOUT), datetime.now(UTC).date().isoformat())
        assert times, "the requests were over before anything was done"
        self.results.append(found)
        return found
