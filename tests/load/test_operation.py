"""No request is lost while the deployment is operated as the article says.

Each operation is done again and again, with a pause between, for as long as the requests come.
"""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import pytest

from load.generator import CLIENTS

if TYPE_CHECKING:
    from load.operated import Operated

pytestmark = [pytest.mark.vm, pytest.mark.long]

THREADS = 4
"""How many requests a worker has in its hands at most: ``threads`` of ``servidor.py``."""
TEMPLATE = "/srv/muro/src/muro/templates/muro/muro.html"
WHOLE_WITHIN = 60.0


def test_reload(operated: Operated) -> None:
    """New workers beside the old ones, and then the old ones go: circusd's own way."""
    measured = operated.under_load(lambda: operated.circusctl("reload web --waiting"))
    assert measured.failed == 0, measured


def test_reload_sequential(operated: Operated) -> None:
    """``systemctl reload muro``, as the article does it: one worker after the other."""
    before = operated.workers()
    measured = operated.under_load(lambda: operated.check_output("systemctl reload muro", timeout=180))
    assert measured.failed == 0, measured
    assert not set(before) & set(operated.workers())


def test_scale(operated: Operated) -> None:
    """One worker more, one worker less."""

    def scale() -> None:
        operated.circusctl("incr web --waiting")
        operated.circusctl("decr web --waiting")

    measured = operated.under_load(scale)
    assert measured.failed == 0, measured


def test_release(operated: Operated) -> None:
    """New templates and static files, the migrations, and a reload: each release is seen when it is out."""
    numbers = itertools.count(1)

    def release() -> None:
        mark = f"Versión {next(numbers)}."
        operated.check_output(
            f"sed -i -e '/^ *Versión /d' -e 's|^.*Te atendió el proceso|    {mark}\\n&|' {TEMPLATE}\n"
            f"runuser -u {operated.user} -- /usr/local/bin/muro python manage.py migrate\n"
            "/usr/local/bin/muro python manage.py collectstatic --no-input\n"
            "systemctl reload muro",
            timeout=240,
        )
        for _ in range(2 * THREADS):
            assert mark in operated.page()

    measured = operated.under_load(release)
    assert measured.failed == 0, measured


def test_nginx_reload(operated: Operated) -> None:
    """Nginx with its configuration read again."""
    measured = operated.under_load(lambda: operated.check_output("systemctl reload nginx"))
    assert measured.failed == 0, measured


def test_worker_killed(operated: Operated) -> None:
    """A worker that is killed takes with it what it had accepted, which is what the clients had asked for at most."""

    def kill() -> None:
        worker = operated.workers()[0]
        operated.check_output(f"kill -9 {worker}")
        until = time.monotonic() + WHOLE_WITHIN
        while not operated.is_whole([worker]):
            assert time.monotonic() < until
            time.sleep(0.5)

    measured = operated.under_load(kill)
    # waitress accepts more than it has threads for: what waits for one of them is lost with it
    assert 0 < measured.failed <= CLIENTS * (measured.times + 1), measured


def test_reload_without_patience(operated: Operated) -> None:
    """The same reload loses requests where the server does not finish what it has begun: the zeros above are earned."""
    forget = "sed -i '/signal.signal(/d' /srv/muro/src/muro/servidor.py && systemctl reload muro"
    operated.check_output(forget, timeout=180)
    measured = operated.under_load(lambda: operated.check_output("systemctl reload muro", timeout=180))
    assert measured.failed > 0, measured
