"""Ages in words, for people."""

from __future__ import annotations

_UNITS = ((86400, "days"), (3600, "h"), (60, "min"))


def age(seconds: float) -> str:
    """*seconds* in the largest unit of which there are two, as ``3 h``; below two minutes in seconds."""
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
