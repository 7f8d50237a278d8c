"""How much is kept, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ensayar.errors import UsageError
from ensayar.testing import shelves

if TYPE_CHECKING:
    from pathlib import Path


def test_the_limits_are_the_documented_ones_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENSAYAR_CACHE", str(tmp_path))
    for name in (shelves.SIZE_VARIABLE, shelves.DAYS_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    shelf = shelves.default()
    assert (shelf.store.max_bytes, shelf.store.max_age) == (20e9, 7 * 86400)
    assert shelf.store.directory == tmp_path / "checkpoints"
    monkeypatch.setenv(shelves.SIZE_VARIABLE, "0.5")
    monkeypatch.setenv(shelves.DAYS_VARIABLE, "0")
    shelf = shelves.default()
    assert (shelf.store.max_bytes, shelf.store.max_age) == (0.5e9, 0)


@pytest.mark.parametrize("value", ["x", "-1", "nan", "1 GB"])
@pytest.mark.parametrize("name", [shelves.SIZE_VARIABLE, shelves.DAYS_VARIABLE])
def test_what_is_no_amount_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=f"{name}={value}: a number of "):
        shelves.default()
