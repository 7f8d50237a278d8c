"""Checks see the machine of their article's rehearsal; with ``--hosts`` the final ones see that server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import testinfra.host


@pytest.fixture
def host(ensayar_host: testinfra.host.Host) -> testinfra.host.Host:
    """Root on the machine, after the step that the check names."""
    return ensayar_host
