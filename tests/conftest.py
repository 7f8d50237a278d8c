"""For every test: Hypothesis looks for wrong answers, not for slow ones (computers are noisy)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

settings.register_profile("ensayar", deadline=None)
settings.load_profile("ensayar")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "vm: starts a virtual machine")
