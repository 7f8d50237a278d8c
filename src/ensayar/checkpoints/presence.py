"""Tells two rehearsals of one article at the same time of each other; neither waits, each works on its own copy."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def present(directory: Path, source: str) -> Iterator[bool]:
    """Say that *source* is being rehearsed by this process; whether it is the only one.

    The kernel drops the lock however the process ends.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = hashlib.sha256(source.encode()).hexdigest()[:16]
    lock = os.open(directory / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)
