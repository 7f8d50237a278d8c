"""The stage: the scenes of one pytest session, at most one machine at a time."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import pytest

from ensayar import project
from ensayar.checkpoints.lineage import Lineage, Shelf, Visit
from ensayar.checkpoints.presence import present
from ensayar.deploy_scene import DEPLOY, DeployScene
from ensayar.errors import InfrastructureError, UsageError
from ensayar.machine.paths import rehearsals_directory
from ensayar.scene import RehearsalScene
from ensayar.testing import shelves
from ensayar.testing.server import SERVER, Server, ServerScene

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ensayar.machine.protocol import Machine
    from ensayar.model import Article
    from ensayar.rehearsal import Observer
    from ensayar.scene import MachineFactory


HOST_NAME = "debian"
"""What every machine calls itself, as a fresh Debian does: articles that begin alike have the same beginnings."""


class Room(Protocol):
    """Where machines come from that can be kept and woken up."""

    def start(self, article: Article) -> Machine:
        """A fresh machine for *article*."""

    def resume(self, directory: Path) -> Machine:
        """A machine that goes on from what was kept in *directory*."""

    def origin(self, article: Article) -> str:
        """A digest of all that a fresh machine for *article* has before step 1."""

    def shelf(self) -> Shelf:
        """Where what it leaves is kept."""

    def presence(self) -> Path:
        """A directory in which rehearsals on this computer meet."""


class QemuRoom:
    """Virtual machines on this computer, what they leave in the user's cache directory."""

    def __init__(self, on_progress: Callable[[str], None]) -> None:
        self._on_progress = on_progress

    def start(self, article: Article) -> Machine:
        """A fresh machine for *article*."""
        # here and not above: the rest of the plugin works where no driver can be imported
        from ensayar.machine import qemu  # noqa: PLC0415

        return qemu.start(name=HOST_NAME, platform=article.platform, on_progress=self._on_progress)

    def resume(self, directory: Path) -> Machine:
        """A machine that goes on from what was kept in *directory*."""
        from ensayar.machine import qemu  # noqa: PLC0415  (as above)

        return qemu.resume(directory, on_progress=self._on_progress)

    def origin(self, article: Article) -> str:
        """A digest of all that a fresh machine for *article* has before step 1."""
        from ensayar.machine import qemu  # noqa: PLC0415  (as above)

        return f"{HOST_NAME} {qemu.origin(article.platform, on_progress=self._on_progress)}"

    def shelf(self) -> Shelf:
        """Where what it leaves is kept."""
        return shelves.default()

    def presence(self) -> Path:
        """A directory in which rehearsals on this computer meet."""
        return rehearsals_directory()


class Stage:
    """What the items of a session share.

    ``restored`` is the number of steps that the machine has behind it when it comes from the factory: neither
    they nor their checks run again. ``looking``: somebody looks around, and what is known of the article stays.
    ``screenshots`` is whether they are taken, ``keeping`` whether those are kept of which there was none.
    """

    def __init__(self, parameters: Mapping[str, str], root: Path, *, looking: bool = False) -> None:
        self.parameters = dict(parameters)
        self.since = time.time()
        self.on_progress: Callable[[str], None] = lambda _line: None
        self.on_notice: Callable[[str], None] = lambda _line: None
        self.observer: Observer | None = None
        self.interrupted = False
        self.restored = 0
        self.before_stop: Callable[[RehearsalScene], None] = lambda _scene: None
        self.room: Room | None = QemuRoom(self._progress)
        self.forget = False
        self.screenshots = True
        self.keeping = True
        self.server: Server | None = None
        self._root = root
        self._looking = looking
        self._factory: MachineFactory = self.room.start
        self._scenes: dict[tuple[str, str], RehearsalScene | DeployScene] = {}
        self._past: list[RehearsalScene | DeployScene] = []
        self._projects: dict[Path, project.Project] = {}
        self._lineages: dict[str, Lineage] = {}
        self._met: set[str] = set()
        self._presence = ExitStack()

    @property
    def factory(self) -> MachineFactory:
        """Where fresh machines come from."""
        return self._factory

    @factory.setter
    def factory(self, factory: MachineFactory) -> None:
        """Machines from elsewhere, of which nothing is known and nothing kept."""
        self._factory = factory
        self.room = None

    def furnish(self, room: Room) -> None:
        """Machines from *room*, and what they leave."""
        self.room, self._factory = room, room.start

    def lineage(self, article: Article) -> Lineage | None:
        """What earlier rehearsals have left for *article*; ``None`` where nothing is kept.

        :raises InfrastructureError: the image could not be built.
        """
        if self.room is None or self.restored:
            return None
        if article.source not in self._lineages:
            origin = self.room.origin(article)
            visit = Visit(self.since, self.forget, self._looking)
            self._lineages[article.source] = Lineage(
                article, origin, self.room.shelf(), visit, place=str(self._root.resolve())
            )
        return self._lineages[article.source]

    def _progress(self, line: str) -> None:
        self.on_progress(line)  # looked up late: the command line sets it after the stage is built

    def _notice(self, line: str) -> None:
        self.on_notice(line)  # looked up late, as above

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
        """The scene called *name*, or that of a server where there is one; the machines of all others are stopped."""
        if self.server is not None:
            return self._scenes.setdefault((article.source, SERVER), ServerScene(article))
        return self._scene(article, DeployScene if name == DEPLOY else RehearsalScene)

    def _scene(self, article: Article, kind: type[RehearsalScene | DeployScene]) -> RehearsalScene | DeployScene:
        key = (article.source, kind.name)
        if key not in self._scenes:
            self.leave()
            if kind is DeployScene:
                self._scenes[key] = DeployScene(article, self.factory, self.observer)
            else:
                self._scenes[key] = self._rehearsal_scene(article)
        return self._scenes[key]

    def _rehearsal_scene(self, article: Article) -> RehearsalScene:
        factory = self.factory
        try:
            lineage = self.lineage(article)
        except InfrastructureError as error:
            lineage, factory = None, _failing(error)
        self._meet(article)
        scene = RehearsalScene(
            article,
            factory,
            self.observer,
            lineage=lineage,
            resume=self.room.resume if self.room else None,
            notice=self._notice,
        )
        scene.restored = self.restored
        return scene

    def _meet(self, article: Article) -> None:
        """Say so where another process is rehearsing the same article."""
        if self.room is None or article.source in self._met:
            return
        self._met.add(article.source)
        where = str(self._root.resolve() / article.source)
        if not self._presence.enter_context(present(self.room.presence(), where)):
            self._notice(f"{article.source} is being rehearsed elsewhere, too; this one works on its own copy")

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


def _failing(error: InfrastructureError) -> MachineFactory:
    """There is no machine to be had; the first item that asks for one says why."""

    def factory(article: Article) -> Machine:  # noqa: ARG001  (the name is the Protocol's)
        raise error

    return factory


STAGE = pytest.StashKey[Stage]()


def stage_of(config: pytest.Config) -> Stage:
    """The stage of this session."""
    return config.stash[STAGE]
