"""Files that are written whole or not at all: whoever reads one sees what was there before, or all of what is new."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, data: str | bytes) -> None:
    """Have *data*, text as UTF-8, in the file *path*; its directory is made.

    Two at once do not get in each other's way: the later one stays. What is half written lies beside it and is removed.

    :raises OSError: it cannot be written; *path* is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
