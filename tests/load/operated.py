"""A machine on which somebody works while requests come."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from finished.deployment import Deployment
from load.generator import Load
from load.measured import Measured, measure

if TYPE_CHECKING:
    from collections.abc import Callable

    from ensayar.machine.protocol import Machine
    from finished.secure import Site

CALM_SECONDS = 5.0
"""Between one operation and the next: the pause that a person makes, and that Circus needs."""
TIMEOUT = 3600.0


class Operated(Deployment):
    """A machine on which somebody works while requests come."""

    def __init__(self, name: str, machine: Machine, user: str, site: Site, count: int) -> None:
        """*name* of the operation; *count* requests are to come to *site*."""
        super().__init__(machine, user)
        self.results: list[Measured] = []
        self._name = name
        self._site = site
        self._count = count

    def circusctl(self, order: str) -> str:
        """What circusd answers to *order*."""
        return self.check_output(
            f"runuser -u {self.user} -- /usr/local/bin/muro circusctl --timeout 120 {order}", timeout=180
        )

    def page(self) -> str:
        """The site's page."""
        answer = self._site.get()
        answer.raise_for_status()
        return answer.text

    def under_load(self, operation: Callable[[], object]) -> Measured:
        """Do *operation* for as long as the requests come, and measure."""
        assert self.is_whole()
        times = 0
        with Load(f"{self._site.url}/", self._site.domain, self._count) as load:
            time.sleep(CALM_SECONDS)
            while load.running():
                operation()
                times += load.running()
                time.sleep(CALM_SECONDS)
            found = measure(self._name, times, load.answers(TIMEOUT), datetime.now(UTC).date().isoformat())
        assert times, "the requests were over before anything was done"
        self.results.append(found)
        return found
