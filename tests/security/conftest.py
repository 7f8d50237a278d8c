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
