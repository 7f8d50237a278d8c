"""A project to mutate, and the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plugin.calling import Done, call
from plugin.mutate.mutating import ARTICLE, CHECKS, command
from plugin.sample import CONFTEST, shells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A project with an article and its checks; nothing may be left running in it."""
    (tmp_path / "posts").mkdir()
    (tmp_path / "tests" / "deployment").mkdir(parents=True)
    (tmp_path / "tests" / "mutation").mkdir()
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "posts" / "a.rst").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "tests" / "deployment" / "test_a.py").write_text(CHECKS, encoding="utf-8")
    yield tmp_path
    assert shells(tmp_path) == []


@pytest.fixture
def mutate(place: Path) -> Callable[..., Done]:
    def called(*arguments: str, floor: float = 30.0) -> Done:
        return call(place, program=tuple(command(*arguments, floor=floor)))

    return called
