"""A digest of the engine's own code, as far as results depend on it: another engine might have seen another thing."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

PLAYING = ("digest.py", "machine", "matching", "model.py", "parameters.py", "rehearsal.py", "scene.py")
"""What makes a step pass or fail."""
CHECKING = ("pytest_plugin.py", "testing")
"""What makes a check pass or fail."""
_SUFFIXES = (".py", ".bash", ".pl")


@cache
def engine_digest(parts: tuple[str, ...]) -> str:
    """SHA-256, in hexadecimal, of the files and directories *parts* of this package."""
    digest = hashlib.sha256()
    for part in parts:
        for name, content in _files(resources.files("ensayar").joinpath(part), part):
            digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _files(place: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    if place.is_dir():
        for child in sorted(place.iterdir(), key=lambda each: each.name):
            if child.is_dir() or child.name.endswith(_SUFFIXES):
                yield from _files(child, f"{name}/{child.name}")
    else:
        yield name, place.read_bytes()
