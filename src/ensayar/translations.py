"""Which posts are translations of which: ``slug.xx.rst`` lies beside ``slug.rst``, and translates it."""

from __future__ import annotations

import glob
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# as Nikola's TRANSLATIONS_PATTERN has it: a language, maybe with a region or a script
_LANGUAGE = re.compile(r"[a-z]{2,3}([_-][A-Za-z]{2,4})?")


def original_of(path: Path) -> Path | None:
    """The post that the one in *path* is a translation of; ``None`` where it is none."""
    slug, _, language = path.stem.partition(".")
    original = path.with_name(f"{slug}{path.suffix}")
    return original if path.suffix == ".rst" and _LANGUAGE.fullmatch(language) and original.is_file() else None


def translations_of(path: Path) -> tuple[Path, ...]:
    """The translations that lie beside the post in *path*, in a fixed order."""
    if "." in path.stem or not path.parent.is_dir():
        return ()
    return tuple(
        other for other in sorted(path.parent.glob(f"{glob.escape(path.stem)}.*.rst")) if original_of(other) == path
    )
