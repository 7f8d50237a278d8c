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


def checkpoints_directory() -> Path:
    """One directory per checkpoint."""
    return cache_directory() / "checkpoints"


def results_directory() -> Path:
    """What steps and checks gave in rehearsals, one file per key."""
    return cache_directory() / "results"


def rehearsals_directory() -> Path:
    """A lock per article that is being rehearsed."""
    return cache_directory() / "rehearsals"


def runs_directory() -> Path:
    """One directory per running machine: its disk, keys and logs."""
    return cache_directory() / "runs"
