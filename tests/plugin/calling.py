"""Calls the command line in a project for tests, as a person does: in a process that knows nothing of this session."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

Done = subprocess.CompletedProcess[str]
TESTS = Path(__file__).parents[1]
ENSAYAR = (sys.executable, "-m", "ensayar.cli")
SECONDS = 120.0
"""Far more than any of them takes; a program that hangs ends here."""


def environment(**more: str) -> dict[str, str]:
    """That of a person at a terminal of 100 columns, with *more*."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "ENSAYAR", "CI"))}
    return {**inherited, "PYTHONPATH": str(TESTS), "COLUMNS": "100", "TERM": "xterm", **more}


def call(place: Path, *arguments: str, program: tuple[str, ...] = ENSAYAR, **more: str) -> Done:
    """What *program* with *arguments* says in the directory *place*; *more* goes into its environment."""
    return subprocess.run(
        [*program, *arguments],
        cwd=place,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
