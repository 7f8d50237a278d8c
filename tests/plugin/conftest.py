"""Projects in which articles are played on this computer itself, see ``local_machine``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1]
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))  # so that tests and the sessions they start can import ``plugin.local_machine``


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[object]:
    from plugin.local_machine import LocalMachine  # noqa: PLC0415  (the path is set above)

    made = LocalMachine.start(tmp_path)
    yield made
    made.stop()
