"""What answers to somebody outside, over both protocols: only what the article names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from finished.deployment import Deployment

pytestmark = [pytest.mark.vm, pytest.mark.long]

NAMED = {22, 80, 443}
DOORBELL = "python3 -m http.server --bind :: 8123 >/dev/null 2>&1 & echo $! > /run/doorbell"


def open_ports(deployment: Deployment, outside: str, order: str) -> set[int]:
    """The ports that nmap finds open from outside."""
    said = deployment.check_output(f"{outside} nmap -n -Pn -T4 --open {order}", timeout=1800)
    return {int(port) for port in re.findall(r"^(\d+)/(?:tcp|udp) +open ", said, re.MULTILINE)}


@pytest.mark.parametrize("address", ["192.0.2.1", "-6 2001:db8::1"], ids=["IPv4", "IPv6"])
def test_only_named_ports_answer(deployment: Deployment, outside: str, address: str) -> None:
    assert open_ports(deployment, outside, f"-p- {address}") == NAMED


@pytest.mark.parametrize("address", ["192.0.2.1", "-6 2001:db8::1"], ids=["IPv4", "IPv6"])
def test_a_port_too_many_is_found(deployment: Deployment, outside: str, address: str) -> None:
    """The scan above can be red: what listens beside them is found."""
    deployment.check_output(DOORBELL)
    try:
        assert open_ports(deployment, outside, f"-p 8000-8200 {address}") == {8123}
    finally:
        deployment.check_output("kill $(cat /run/doorbell)")


def test_nothing_answers_over_udp(deployment: Deployment, outside: str) -> None:
    """Circus's discovery, which is open unless it is told not to be, among them."""
    deployment.check_output("sysctl --quiet net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000")
    assert open_ports(deployment, outside, "-sU -p 1-1024,6379,12027 192.0.2.1") == set()
