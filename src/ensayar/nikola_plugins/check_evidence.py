"""Nikola's last task: a line for each article that has changed since it was rehearsed.

The site is built and marks what is not verified; this says so to whoever builds it. With ``--strict`` the build then
ends with :data:`~ensayar.errors.EXIT_STALE`, whether or not anything had to be built.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nikola.log import StrictModeExceptionHandler
from nikola.plugin_categories import LateTask

from ensayar.errors import EXIT_STALE
from ensayar.nikola_plugins.products import marker_name, markers_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Untyped = Any
"""Nikola has no types."""


class CheckEvidence(LateTask):  # type: ignore[misc]  # untyped, see above
    """Looks at what was left where reports were made, each time, and after all other tasks."""

    name = "_check_evidence"  # doit does not mention what begins so

    def gen_tasks(self) -> Iterator[Untyped]:
        """The one task."""
        others = [
            info.plugin_object.name
            for info in self.site.plugin_manager.get_plugins_of_category("LateTask")
            if info.plugin_object is not self and info.plugin_object.is_default
        ]
        yield {
            "basename": self.name,
            "actions": [self._check],
            "uptodate": [False],
            "task_dep": ["render_site", *others],
            "verbosity": 2,
        }

    def _check(self) -> None:
        lines = list(self._stale())
        for line in lines:
            print(line, end="", file=sys.stderr)  # noqa: T201  (Nikola's log would put the time before each place)
        if lines and _strict():
            # after all else: doit answers every other exception with a traceback
            raise SystemExit(EXIT_STALE)

    def _stale(self) -> Iterator[str]:
        lines = {path.name: path for path in _full(Path(markers_of(self.site)))}
        for post in self.site.timeline if lines else ():
            names = (marker_name(post, language) for language in self.site.config["TRANSLATIONS"])
            line = next((lines[name] for name in names if name in lines), None)
            if line:  # its other languages say the same
                yield line.read_text(encoding="utf-8")


def _full(folder: Path) -> Iterator[Path]:
    """The files in the directories in *folder* that are not empty; most of a thousand are."""
    try:
        directories = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for directory in directories:
        with os.scandir(directory) as entries:
            yield from (Path(entry) for entry in entries if entry.stat().st_size)


def _strict() -> bool:
    return any(isinstance(handler, StrictModeExceptionHandler) for handler in logging.root.handlers)
