"""For every test. ``ensayar rehearse`` loads this, too: what costs time to import belongs further down."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "vm: starts a virtual machine")
