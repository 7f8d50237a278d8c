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


@pytest.mark.parametrize("kind", KINDS)
def test_others_are_served_meanwhile(deployment: Deployment, site: Site, outside: str, kind: str) -> None:
    """Another visitor, at another address, is answered all the while."""
    attack = (
        f"{outside} slowhttptest {KINDS[kind]} -c {CONNECTIONS} -r 100 -i 5 -l {SECONDS} -p 3 -u https://{site.domain}/"
    )
    deployment.check_output(f"{{ {attack} >/run/attack.log 2>&1; echo over >>/run/attack.log; }} & sleep 3")
    ask = (
        "curl --silent --output /dev/null --write-out '%{http_code} %{time_total}' --max-time 30 "
        f"--cacert /root/autoridad/autoridad.crt --resolve {site.domain}:443:127.0.0.1 https://{site.domain}/"
    )
    answers: list[tuple[str, float]] = []
    end = time.monotonic() + SECONDS * 2
    while "\nover" not in (said := deployment.check_output("cat /run/attack.log")) and time.monotonic() < end:
        status, seconds = deployment.check_output(ask).split()
        answers.append((status, float(seconds)))
        time.sleep(0.5)
    assert "\nover" in said
    assert len(answers) >= 5, said
    assert {status for status, _ in answers} == {"200"}
    assert max(seconds for _, seconds in answers) < SLOWEST
    assert deployment.is_whole()
