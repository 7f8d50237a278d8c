"""Files of measurements, which change only where they have something to tell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ensayar import atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

NOISE_SHARE = 0.3
"""Two measurements of one thing under emulation differ by this much; more is news."""


def within_noise(before: float, now: float, seconds: float) -> bool:
    """Whether *now* says the same as *before*, of which *seconds* are nothing in any case."""
    return abs(before - now) <= max(seconds, NOISE_SHARE * before)


def save(path: Path, text: str, alike: Callable[[Mapping[str, Any], Mapping[str, Any]], bool]) -> bool:
    """Write the JSON *text* unless what is in *path* is *alike*; whether it was written."""
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = None
    if before is not None and alike(before, json.loads(text)):
        return False
    atomic.write(path, text)
    return True
