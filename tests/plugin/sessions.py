"""Sessions of pytest in a project for tests, and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin.sample import shells

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def session(pytester: pytest.Pytester, place: Path, *arguments: str) -> pytest.RunResult:
    """One with *arguments* in the project *place*."""
    result = pytester.runpytest_inprocess("-v", "--import-mode=importlib", *arguments)
    assert shells(place) == []  # every machine that was started was stopped
    return result


def outcomes(result: pytest.RunResult) -> list[str]:
    """Name and outcome of each item, in the order they ran."""
    found = []
    for line in result.outlines:
        words = line.split()
        if "::" in line and len(words) > 1 and words[0].startswith(("posts/", "tests/")):
            verdict = next(
                (word for word in ("NOT REACHED", "PASSED", "FAILED", "ERROR", "SKIPPED") if word in line), None
            )
            if verdict and not line.startswith(("FAILED", "ERROR")):
                found.append(f"{words[0].rpartition('::')[2]} {verdict}")
    return found
