"""The pictures of a book: each file once, and in one choice of colours."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ensayar.errors import UsageError
from ensayar.publish.books.model import Picture

MEDIA_TYPES = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
"""What every reading system shows (EPUB 3.3, 3.2)."""
_SVG = MEDIA_TYPES[".svg"]
_DARK = re.compile(rb"@media\s*\(\s*prefers-color-scheme:\s*dark\s*\)\s*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")


def picture_of(path: str, data: bytes, taken: frozenset[str] = frozenset()) -> Picture:
    """The picture in the file *path*, under a name that is not among those *taken*.

    An SVG loses its dark colours: it has a page under it that does not change with the reader's choice.

    :raises UsageError: not every reading system shows such a file.
    """
    file = PurePosixPath(path)
    media_type = MEDIA_TYPES.get(file.suffix.lower())
    if media_type is None:
        message = f"{path}: a book cannot show it; make it one of {', '.join(sorted(MEDIA_TYPES))}"
        raise UsageError(message)
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem) or "picture"
    names = (f"{stem}{number}{file.suffix.lower()}" for number in ("", *range(2, len(taken) + 3)))
    name = next(name for name in names if name not in taken)
    return Picture(name, media_type, _DARK.sub(b"", data) if media_type == _SVG else data)
