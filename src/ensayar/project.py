"""The project that a command works on: where its posts, checks and deployments lie.

The root is the nearest directory, from the working directory upwards, that holds ``posts/``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.errors import UsageError
from ensayar.translations import original_of

if TYPE_CHECKING:
    from pathlib import Path

POSTS = "posts"
TUTORIAL = "tutorial"
CHECKS = "tests/deployment"
EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Project:
    """The places of one project."""

    root: Path
    """The directory that the others lie in; locations are shown relative to it."""

    @property
    def posts(self) -> Path:
        """The articles."""
        return self.root / POSTS

    @property
    def tutorial(self) -> Path:
        """The extracted deployments."""
        return self.root / TUTORIAL

    @property
    def checks(self) -> Path:
        """The testinfra tests bound to steps."""
        return self.root / CHECKS

    def evidence(self, slug: str) -> Path:
        """Where the evidence of the article *slug* is kept."""
        return self.tutorial / slug / EVIDENCE

    def articles(self) -> tuple[Path, ...]:
        """All posts, in a fixed order; without translations, which have no code of their own."""
        # an editor's lock or backup beside a post (".#post.rst") is none
        found = sorted(path for path in self.posts.rglob("*.rst") if not path.name.startswith("."))
        return tuple(path for path in found if original_of(path) is None)


def find(start: Path) -> Project:
    """The project around *start*.

    :raises UsageError: there is none.
    """
    for directory in [start.resolve(), *start.resolve().parents]:
        if (directory / POSTS).is_dir():
            return Project(directory)
    message = f"{start}: no “{POSTS}/” here or above; run this inside a project"
    raise UsageError(message)
