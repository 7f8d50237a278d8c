"""One machine with the finished deployment, at which strangers try their hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ensayar.machine.qemu import resume
from finished.deployment import Deployment
from finished.settled import Settled, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finished.secure import Site

# Another computer on the machine's network, as the kernel sees it: a namespace with a cable between. The host's own
# way in forwards single ports, so nobody can look for others there.
NEIGHBOUR = """
set -e
DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends nmap slowhttptest iproute2 >/dev/null
mkdir -p /run/systemd/network
printf '[Match]\\nName=cable\\n[Link]\\nUnmanaged=yes\\n' >/run/systemd/network/00-cable.network
networkctl reload
ip netns add outside
ip link add cable type veth peer name end netns outside
ip address add 192.0.2.1/24 dev cable
ip address add 2001:db8::1/64 dev cable nodad
ip link set cable up
ip -n outside address add 192.0.2.2/24 dev end
ip -n outside address add 2001:db8::2/64 dev end nodad
ip -n outside link set end up
ip -n outside link set lo up
mkdir -p /etc/netns/outside
echo 192.0.2.1 {domain} >/etc/netns/outside/hosts
"""
AWAY = "ip netns delete outside; rm -r /etc/netns"
OUTSIDE = "ip netns exec outside"


@pytest.fixture(scope="session")
def settled(request: pytest.FixtureRequest) -> Iterator[Settled]:
    """The finished deployment, at rest."""
    with settle(request.config) as found:
        yield found


@pytest.fixture(scope="session")
def attacked(settled: Settled) -> Iterator[tuple[Deployment, Site]]:
    """The machine, which must stand all of it, and its site."""
    user = dict(settled.article.values)["usuario"]
    with resume(settled.directory) as machine:
        yield Deployment(machine, user), settled.await_well(machine)


@pytest.fixture
def deployment(attacked: tuple[Deployment, Site]) -> Deployment:
    """What runs on the machine."""
    return attacked[0]


@pytest.fixture
def site(attacked: tuple[Deployment, Site]) -> Site:
    """The site as this computer reaches it."""
    return attacked[1]


@pytest.fixture(scope="session")
def outside(attacked: tuple[Deployment, Site]) -> Iterator[str]:
    """What to put before a command for a neighbouring computer to run it, which knows the site by its name."""
    deployment, site = attacked
    deployment.check_output(NEIGHBOUR.format(domain=site.domain), timeout=600)
    yield OUTSIDE
    deployment.check_output(AWAY)
