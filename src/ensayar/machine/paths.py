"""Where the machine room keeps its things: images and the directories of running machines.

Nothing here is created; whoever writes makes the directory.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "ENSAYAR_CACHE"


def cache_directory() -> Path:
    """The user's cache directory for ensayar, or what ``ENSAYAR_CACHE`` names."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named).absolute() if named else Path(platformdirs.user_cache_dir("ensayar"))


def images_directory() -> Path:
    """One directory per built image."""
    return cache_directory() / "images"


def runs_directory() -> Path:
    """One directory per running machine: its disk, keys and logs."""
    return cache_directory() / "runs"
