"""Breaks an article on purpose and rehearses the broken one from a checkpoint of the sound one.

The rehearsal is the one that ``ensayar rehearse`` runs: the same session, report and exit code. Only the
machine is lent: it stands where the sound article left it right before the first step that differs.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ensayar.digest import step_digest
from ensayar.parameters import resolve
from ensayar.project import Project
from ensayar.rst import parse
from ensayar.testing import session as rehearsals
from ensayar.testing.lent import LentSession, silent

if TYPE_CHECKING:
    from ensayar.machine.protocol import Machine
    from ensayar.model import Article

ROOT = Path(__file__).parents[2]
SLUG = "deploy-de-django-con-circus-chaussette-nginx"
SOURCE = ROOT / "posts" / f"{SLUG}.rst"


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


def article(project: Project) -> Article:
    """The resolved article of *project*."""
    raw = parse(project.posts / SOURCE.name, root=project.root)
    assert raw is not None
    return resolve(raw)


def first_difference(sound: Article, broken: Article) -> int:
    """The number, from 0, of the first step that is not the same."""
    pairs = zip(sound.steps, broken.steps, strict=False)
    return next(
        (i for i, (one, other) in enumerate(pairs) if step_digest(one) != step_digest(other)),
        min(len(sound.steps), len(broken.steps)),
    )


def make_project(directory: Path, text: str) -> Project:
    """A project with the article *text* and our checks."""
    (directory / "posts").mkdir()
    (directory / "posts" / SOURCE.name).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "tests" / "deployment", directory / "tests" / "deployment")
    (directory / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return Project(directory)


def rehearse(project: Project, machine: Machine, restored: int) -> tuple[int, list[str]]:
    """Rehearse the project's article; its exit code and what is said of each failure."""
    session = LentSession(project, silent(), machine=machine, restored=restored)
    code = rehearsals.run([project.posts / SOURCE.name], session)
    return code, session.tally.failures
