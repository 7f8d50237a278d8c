"""Breaks an article on purpose and rehearses the broken one.

The rehearsal is the one that ``ensayar rehearse`` runs: the same session, report and exit code. What the broken
article shares with the sound one, up to the first step that differs, is known from the sound one's rehearsal.
"""

from __future__ import annotations

import io
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ensayar.progress import Progress
from ensayar.project import Project
from ensayar.testing import session as rehearsals
from finished.articles import BOTH

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
SLUG = "deploy-de-django-con-circus-chaussette-nginx"
SOURCE = ROOT / "posts" / f"{SLUG}.rst"
OWN = ("finished", "tests.deployment")
"""What each project has of its own, and may have been imported from another one: the checks, what they rest on."""


@dataclass(frozen=True, slots=True)
class Break:
    """One way to spoil the article."""

    name: str
    """What goes wrong, in words."""
    old: str
    """Text that stands exactly once in the article."""
    new: str
    """What stands there instead."""
    step: str
    """The step at which the suite must turn red."""
    command: str | None = None
    """The command whose line the report must name; ``None``: the line of the step's directive."""

    def apply(self, text: str) -> str:
        """The spoilt article."""
        assert text.count(self.old) == 1, (
            f"{self.name}: the text to break must stand once, not {text.count(self.old)} times"
        )
        return text.replace(self.old, self.new)

    def line(self, text: str) -> int:
        """The line, from 1, that the report must name, found in the spoilt article *text*."""
        lines = text.split("\n")
        named = next(i for i, line in enumerate(lines) if line.strip() == f":name: {self.step}")
        if self.command is not None:
            return next(i for i in range(named, len(lines)) if lines[i].strip()[2:] == self.command) + 1
        return next(i for i in range(named, -1, -1) if lines[i].lstrip().startswith(".. code-block::")) + 1


def make_project(directory: Path, text: str) -> Project:
    """A project with the article *text*, the others that our checks speak of, and our checks."""
    (directory / "posts").mkdir()
    for slug in BOTH.args:
        shutil.copy(ROOT / "posts" / f"{slug}.rst", directory / "posts")
    (directory / "posts" / SOURCE.name).write_text(text, encoding="utf-8")
    for name in ("deployment", "finished"):  # the checks, and what they ask with
        shutil.copytree(ROOT / "tests" / name, directory / "tests" / name)
    for name in ("pyproject.toml", "tests/conftest.py"):  # what a check says depends on them, too
        shutil.copy(ROOT / name, directory / name)
    return Project(directory)


def rehearse(project: Project) -> tuple[int, list[str]]:
    """Rehearse the project's article; its exit code and what is said of each failure."""
    progress = Progress(Console(file=io.StringIO()), quiet=True)
    session = rehearsals.RehearsalSession(project, progress, rehearsals.Wishes(write_evidence=False))
    ours = _set_aside()
    try:
        code = rehearsals.run([project.posts / SOURCE.name], session)
    finally:
        _set_aside()
        sys.modules.update(ours)
    return code, session.tally.failures


def _set_aside() -> dict[str, ModuleType]:
    """Take :data:`OWN` out of what has been imported, and nothing else: other modules must stay the same objects."""
    names = [name for name in sys.modules if any(f"{name}.".startswith(f"{package}.") for package in OWN)]
    return {name: sys.modules.pop(name) for name in names}
