"""What answers to somebody outside, over both protocols: only what the article names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finished.deployment import Deployment

pytestmark = [pytest.mark.vm, pytest.mark.long]

NAMED = {22, 80, 443}
# Another computer on the machine's network, as the kernel sees it: a namespace with a cable between.
OUTSIDE = """
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends nmap iproute2 >/dev/null
ip netns add outside
ip link add cable type veth peer name end netns outside
ip address add 192.0.2.1/24 dev cable
ip address add 2001:db8::1/64 dev cable nodad
ip link set cable up
ip -n outside address add 192.0.2.2/24 dev end
ip -n outside address add 2001:db8::2/64 dev end nodad
ip -n outside link set end up
ip -n outside link set lo up
"""
AWAY = "ip netns delete outside"
DOORBELL = "python3 -m http.server --bind :: 8123 >/dev/null 2>&1 & echo $! > /run/doorbell"


@pytest.fixture(scope="module")
def outside(attacked: tuple[Deployment, object]) -> Iterator[Deployment]:
    """The machine with a neighbour."""
    deployment, _site = attacked
    deployment.check_output(f"set -e\n{OUTSIDE}", timeout=600)
    yield deployment
    deployment.check_output(AWAY)


def open_ports(deployment: Deployment, order: str) -> set[int]:
    """The ports that nmap finds open from outside."""
    said = deployment.check_output(f"ip netns exec outside nmap -n -Pn -T5 --open {order}", timeout=1800)
    return {int(port) for port in re.findall(r"^(\d+)/(?:tcp|udp) +open ", said, re.MULTILINE)}


@pytest.mark.parametrize("address", ["192.0.2.1", "-6 2001:db8::1"], ids=["IPv4", "IPv6"])
def test_only_named_ports_answer(outside: Deployment, address: str) -> None:
    assert open_ports(outside, f"-p- {address}") == NAMED


@pytest.mark.parametrize("address", ["192.0.2.1", "-6 2001:db8::1"], ids=["IPv4", "IPv6"])
def test_a_port_too_many_is_found(outside: Deployment, address: str) -> None:
    """The scan above can be red: what listens beside them is found."""
    outside.check_output(DOORBELL)
    try:
        assert open_ports(outside, f"-p 8000-8200 {address}") == {8123}
    finally:
        outside.check_output("kill $(cat /run/doorbell)")


def test_nothing_answers_over_udp(outside: Deployment) -> None:
    """Circus's discovery, which is open unless it is told not to be, among them."""
    outside.check_output("sysctl --quiet net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000")
    assert open_ports(outside, "-sU -p 1-1024,6379,12027 192.0.2.1") == set()
