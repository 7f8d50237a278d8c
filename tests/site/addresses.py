"""Where the project's articles are on its site: known from their sources, before anything is built."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def sources() -> list[Path]:
    """The articles, in all languages."""
    return sorted((ROOT / "posts").glob("*.rst"))


def address_of(source: Path) -> str:
    """The address of the article in *source*, which says it itself."""
    slug = re.search(r"^\.\. slug: (\S+)$", source.read_text(encoding="utf-8"), re.MULTILINE)
    assert slug, source
    return f"{prefix_of(source)}{slug[1]}/"


def prefix_of(source: Path) -> str:
    """What the addresses in the language of *source* begin with."""
    return "en/" if source.name.endswith(".en.rst") else ""


def reports() -> list[str]:
    """The addresses of the full reports of those that were rehearsed."""
    return [
        f"{address_of(source)}{'rehearsal' if prefix_of(source) else 'ensayo'}/"
        for source in sources()
        if (ROOT / "tutorial" / source.name.split(".")[0] / "evidence" / "evidence.json").is_file()
    ]
