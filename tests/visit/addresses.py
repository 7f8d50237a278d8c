"""Where the pages of the project's site are: known from their sources, before anything is built."""

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


def kinds() -> dict[str, str]:
    """A page of each kind there is, by what it is; an article in both languages."""
    found = {
        "index": "",
        "archive": "archivo/",
        "topics": "temas/",
        "topic": "temas/circus/",
        "about": "como-se-ensaya/",
        "search": "buscar/",
        "not found": "404.html",
    }
    for source in reversed(sources()):  # the first of each language stays
        language = " in English" if prefix_of(source) else ""
        found[f"article{language}"] = address_of(source)
    if reports():
        found["report"] = next((address for address in reports() if not address.startswith("en/")), reports()[0])
    return found


def others() -> list[str]:
    """The other pages of the same kinds, without those of single topics."""
    english = ("", "archive/", "topics/", "topics/circus/", "how-it-rehearses/", "search/", "404.html")
    paths = [f"en/{path}" for path in english] + [address_of(source) for source in sources()] + reports()
    return [path for path in paths if path not in kinds().values()]


def frames() -> list[str]:
    """What articles show in a frame, and nobody visits by itself: the player's pages, where something is recorded."""
    recorded = any((ROOT / "tutorial").glob("*/evidence/recordings/recordings.json"))
    return [f"assets/player/{language}.html" for language in ("es", "en")] if recorded else []
