"""Workers that are there and do nothing: nobody's death tells of it."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from faults.trial import Trial

pytestmark = pytest.mark.vm

# A release with a mistake that no check finds: one page waits for what never comes.
ENDLESS = "urlpatterns.append(path('sin-fin', lambda _: __import__('time').sleep(86400)))"
CALLERS = 24
"""The workers have eight threads between them; so many callers leave none free, whoever takes which."""


def test_worker_frozen(trial: Trial) -> None:
    """One worker stands still; what it has in its hands waits, all else goes to the other one."""
    worker = trial.workers()[0]
    trial.strike(f"kill -STOP {worker}")
    time.sleep(15)
    pages = [visit for visit in trial.pages_since_strike() if visit.good]
    assert len(pages) >= 20, trial.pages_since_strike()
    trial.mend(f"kill -CONT {worker}")
    trial.recovers(within=5, whole_within=30)


def test_all_workers_frozen(trial: Trial) -> None:
    """To circusd they are alive; the lookout sees that nobody answers, and kills them."""
    workers = trial.workers()
    trial.strike(f"kill -STOP {' '.join(map(str, workers))}", gone=workers)
    trial.recovers(within=120, whole_within=120)
    assert "(3 de 3)" in trial.check_output("journalctl --unit muro --boot --grep 'no contesta' --output cat")


def test_requests_that_never_end(trial: Trial) -> None:
    """No thread is left in any worker; the workers notice it themselves, leave, and are replaced."""
    urls = "/srv/muro/src/muro/urls.py"
    trial.check_output(f'echo "{ENDLESS}" >>{urls} && systemctl reload muro', timeout=120)
    workers = trial.workers()

    def call() -> None:
        with contextlib.suppress(requests.RequestException):
            trial.visitors.fetch("/sin-fin")

    callers = [threading.Thread(target=call) for _ in range(CALLERS)]

    def call_all() -> None:
        for caller in callers:
            caller.start()

    trial.strike(call_all, gone=workers)
    trial.recovers(within=120, whole_within=120)
    for caller in callers:
        caller.join()
    assert "in <lambda>" in trial.check_output("cat /var/log/muro/web-error.log"), "where they hung was not said"
