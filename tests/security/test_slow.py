"""Slow clients by `slowhttptest <https://github.com/shekyan/slowhttptest>`_: they hurt nobody but themselves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from finished.deployment import Deployment
    from finished.secure import Site

pytestmark = [pytest.mark.vm, pytest.mark.long]

SECONDS = 40
CONNECTIONS = 400
KINDS = {"slow headers": "-H", "slow body": "-B", "slow reading": "-X"}
SLOWEST = 10.0
PATIENCE = "/etc/nginx/conf.d/muro-paciencia.conf"
ROOM = "/etc/nginx/nginx.conf"
WITHOUT_LIMITS = f"""
set -e
mkdir /run/kept
mv {PATIENCE} /run/kept
cp {ROOM} /run/kept
sed -i 's/worker_connections .*/worker_connections 128;/' {ROOM}
systemctl reload nginx
"""
WITH_LIMITS = f"""
set -e
mv /run/kept/muro-paciencia.conf {PATIENCE}
mv /run/kept/nginx.conf {ROOM}
systemctl reload nginx
"""


def answers_during(deployment: Deployment, site: Site, attack: str) -> list[tuple[str, float]]:
    """What another visitor, at another address, gets while *attack* lasts: statuses, and seconds that they took."""
    deployment.check_output(f"{{ {attack} >/run/attack.log 2>&1; printf '\\nover\\n' >>/run/attack.log; }} & sleep 3")
    ask = (
        "curl --silent --output /dev/null --write-out '%{http_code} %{time_total}' --max-time 30 "
        f"--cacert /root/autoridad/autoridad.crt --resolve {site.domain}:443:127.0.0.1 https://{site.domain}/ || true"
    )
    answers: list[tuple[str, float]] = []
    end = time.monotonic() + SECONDS * 2
    while "\nover" not in (said := deployment.check_output("cat /run/attack.log")) and time.monotonic() < end:
        status, seconds = deployment.check_output(ask).split()
        answers.append((status, float(seconds)))
        time.sleep(0.5)
    assert "\nover" in said
    return answers


def slow(outside: str, site: Site, kind: str) -> str:
    """The command that attacks *site*."""
    return (
        f"{outside} slowhttptest {KINDS[kind]} -c {CONNECTIONS} -r 100 -i 5 -l {SECONDS} -p 3 -u https://{site.domain}/"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_others_are_served_meanwhile(deployment: Deployment, site: Site, outside: str, kind: str) -> None:
    """Another visitor, at another address, is answered all the while."""
    answers = answers_during(deployment, site, slow(outside, site, kind))
    assert len(answers) >= 5
    assert {status for status, _ in answers} == {"200"}
    assert max(seconds for _, seconds in answers) < SLOWEST
    assert deployment.is_whole()


def test_without_limits_others_wait_in_vain(deployment: Deployment, site: Site, outside: str) -> None:
    """The same attack fills an Nginx that has little room and all the patience in the world: it is one that hurts."""
    deployment.check_output(WITHOUT_LIMITS)
    try:
        answers = answers_during(deployment, site, slow(outside, site, "slow headers"))
    finally:
        deployment.check_output(WITH_LIMITS)
    assert any(status != "200" or seconds >= SLOWEST for status, seconds in answers), answers
