"""Nikola's tasks for the player of recordings: one for all articles, and none where nothing is recorded.

``assets/player/`` gets asciinema-player, its licence, and for each language the page that an article shows in a frame.
The player is that of the package ``sphinxcontrib-asciinema``, which carries it as it was built.
"""

from __future__ import annotations

import importlib.resources
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nikola.plugin_categories import Task
from nikola.utils import config_changed

from ensayar.errors import UsageError
from ensayar.nikola_plugins.building import ending_the_build, renew
from ensayar.nikola_plugins.products import output_of
from ensayar.publish.records import recordings_path
from ensayar.publish.words import DEFAULT, WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

Untyped = Any
"""Nikola has no types."""
FOLDER = "assets/player"
TEMPLATE = "recording.tmpl"
_NOTICE = "/*! asciinema-player {version}, https://docs.asciinema.org/manual/player/, Apache-2.0, see LICENSE.txt */\n"


class Player(Task):  # type: ignore[misc]  # untyped, see above
    """The player and its pages."""

    name = "ensayar_player"

    def gen_tasks(self) -> Iterator[dict[str, Untyped]]:
        """Called once by Nikola for each build."""
        yield self.group_task()
        if next(Path().glob(str(recordings_path("*", Path()))), None) is None:
            return
        folder = Path(output_of(self.site), FOLDER)
        with ending_the_build():
            found = player_files()
        license_file = Path(str(importlib.resources.files("ensayar") / "player" / "LICENSE.txt"))
        for source, target, notice in (
            *((path, folder / f"asciinema-player{path.suffix}", _notice_of(path)) for path in found),
            (license_file, folder / license_file.name, ""),
        ):
            yield {
                "basename": self.name,
                "name": str(target),
                "file_dep": [str(source)],
                "targets": [str(target)],
                "actions": [(_copy, (source, target, notice))],
                "uptodate": [config_changed({"notice": notice}, f"ensayar.player:{target}")],
                "clean": True,
            }
        for language in self.site.config["TRANSLATIONS"]:
            title = WORDS.get(language, WORDS[DEFAULT])["recording-title"]
            context = {"title": title, "permalink": f"/{FOLDER}/{language}.html", "pagekind": ["recording"]}
            page = self.site.generic_renderer(
                language, str(folder / f"{language}.html"), TEMPLATE, self.site.config["FILTERS"], context=context
            )
            yield {"basename": self.name, **page}


def player_files() -> tuple[Path, Path]:
    """Its script and its style sheet.

    :raises UsageError: they are not installed.
    """
    try:
        folder = Path(str(importlib.resources.files("sphinxcontrib.asciinema") / "_static"))
    except ModuleNotFoundError:
        folder = Path()
    found = [sorted(folder.glob(f"asciinema-player_*.{suffix}")) for suffix in ("js", "css")]
    if [len(paths) for paths in found] != [1, 1]:
        message = (
            "there are recordings, and no player for them; install it: "
            f"{sys.executable} -m pip install 'sphinxcontrib-asciinema==0.4.*'"
        )
        raise UsageError(message)
    return found[0][0], found[1][0]


def _notice_of(path: Path) -> str:
    return _NOTICE.format(version=path.stem.rpartition("_")[2])


def _copy(source: Path, target: Path, notice: str) -> None:
    renew(target, notice.encode() + source.read_bytes())
