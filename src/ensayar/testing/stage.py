"""The stage: the scenes of one pytest session, at most one machine at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ensayar import project
from ensayar.errors import UsageError
from ensayar.scene import DEPLOY, DeployScene, RehearsalScene

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ensayar.machine.protocol import Machine
    from ensayar.model import Article
    from ensayar.rehearsal import Observer
    from ensayar.scene import MachineFactory


def _qemu(on_progress: Callable[[str], None]) -> MachineFactory:
    def factory(article: Article) -> Machine:
        # here and not above: the rest of the plugin works where no driver can be imported
        from ensayar.machine import qemu  # noqa: PLC0415

        return qemu.start(name=article.slug, platform=article.platform, on_progress=on_progress)

    return factory


class Stage:
    """What the items of a session share.

    ``restored`` is the number of steps that the machine has behind it when it comes from the factory: neither
    they nor their checks run again.
    """

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self.parameters = dict(parameters)
        self.on_progress: Callable[[str], None] = lambda _line: None
        self.observer: Observer | None = None
        self.interrupted = False
        self.restored = 0
        self.before_stop: Callable[[RehearsalScene], None] = lambda _scene: None
        self.factory: MachineFactory = _qemu(self._progress)
        self._scenes: dict[tuple[str, str], RehearsalScene | DeployScene] = {}
        self._past: list[RehearsalScene | DeployScene] = []
        self._projects: dict[Path, project.Project] = {}

    def _progress(self, line: str) -> None:
        self.on_progress(line)  # looked up late: the command line sets it after the stage is built

    def project_of(self, path: Path) -> project.Project:
        """The project that *path* belongs to.

        :raises UsageError: none.
        """
        directory = path if path.is_dir() else path.parent
        if directory not in self._projects:
            self._projects[directory] = project.find(directory)
        return self._projects[directory]

    def is_article(self, path: Path) -> bool:
        """Whether *path* lies among the posts of a project."""
        if path.suffix != ".rst":
            return False
        try:
            return path.is_relative_to(self.project_of(path).posts)
        except UsageError:
            return False

    def rehearsal(self, article: Article) -> RehearsalScene:
        """The scene of the article's steps."""
        scene = self._scene(article, RehearsalScene)
        assert isinstance(scene, RehearsalScene)  # noqa: S101  (for the type checker)
        return scene

    def scene(self, article: Article, name: str) -> RehearsalScene | DeployScene:
        """The scene called *name*; the machines of all others are stopped."""
        return self._scene(article, DeployScene if name == DEPLOY else RehearsalScene)

    def _scene(self, article: Article, kind: type[RehearsalScene | DeployScene]) -> RehearsalScene | DeployScene:
        key = (article.source, kind.name)
        if key not in self._scenes:
            self.leave()
            scene = self._scenes[key] = kind(article, self.factory, self.observer)
            if isinstance(scene, RehearsalScene):
                scene.restored = self.restored
        return self._scenes[key]

    def scenes(self) -> tuple[RehearsalScene | DeployScene, ...]:
        """All scenes so far."""
        return (*self._past, *self._scenes.values())

    def leave(self) -> None:
        """Stop every machine; the scenes stay known."""
        while self._scenes:
            _, scene = self._scenes.popitem()
            self._past.append(scene)
            self._end(scene)

    def _end(self, scene: RehearsalScene | DeployScene) -> None:
        try:
            if isinstance(scene, RehearsalScene) and scene.running:
                self.before_stop(scene)
        finally:
            scene.stop()


STAGE = pytest.StashKey[Stage]()


def stage_of(config: pytest.Config) -> Stage:
    """The stage of this session."""
    return config.stash[STAGE]
