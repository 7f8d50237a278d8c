"""In which order the stacks are measured; asked of pytest, which decides."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
TURNS = ["1-circus", "1-classic", "2-circus", "2-classic"]


def test_stacks_take_turns() -> None:
    """All of one turn, then all of the next."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--stacks-rounds", "2", "tests/stacks"]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=120).stdout
    found = re.findall(r"\[(\d-\w+)\]", said)
    assert list(dict.fromkeys(found)) == TURNS
    assert found == sorted(found, key=TURNS.index)
    tests = re.findall(r"::(\w+)\[1-circus\]", said)
    assert tests[:2] == ["test_pages_come_from_its_own_workers", "test_pages_by_nginx"]
    assert tests[-1] == "test_watching"
