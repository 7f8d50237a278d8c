"""Articles and their steps as pytest nodes: ``posts/x.rst::step-name``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ensayar.errors import EnsayarError, InfrastructureError
from ensayar.extract import read
from ensayar.parameters import resolve
from ensayar.screenshots import resolved
from ensayar.testing.report import describe
from ensayar.testing.screenshots import ScreenshotItem
from ensayar.testing.stage import stage_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest._code.code import ExceptionInfo, TerminalRepr

    from ensayar.model import Article, Step
    from ensayar.scene import Scene


NOT_REACHED = "not reached"


def guard(scene: Scene, step: str) -> None:
    """Skip what comes after a failed step.

    :raises pytest.skip.Exception: *scene* failed at another step, or its machine did.
    """
    if scene.failure is None and scene.failed_step is None:
        return
    if scene.failed_step == step and scene.failure is None:
        return  # a check of this very step failed; its other checks still say something
    machine = isinstance(scene.failure, InfrastructureError)
    where = "the machine failed" if machine else f"step “{scene.failed_step}” failed"
    pytest.skip(f"{NOT_REACHED}: {where}")


class ArticleFile(pytest.File):
    """One post; a post without ``rehearse`` directive holds no items."""

    article: Article | None = None

    def collect(self) -> Iterator[pytest.Item]:
        """The steps, in article order, and the screenshots."""
        stage = stage_of(self.config)
        try:
            found = read([self.path], stage.project_of(self.path).root)
            self.article = resolve(found[0], stage.parameters) if found else None
        except EnsayarError as error:
            raise self.CollectError(str(error)) from error
        if self.article is None:
            return
        for step in self.article.steps:
            yield StepItem.from_parent(self, name=step.name, step=step, article=self.article)
        for shot in resolved(self.article) if stage.screenshots else ():
            yield ScreenshotItem.from_parent(self, name=shot.name, shot=shot, article=self.article)


class StepItem(pytest.Item):
    """One step."""

    def __init__(self, *, step: Step, article: Article, **kwargs: Any) -> None:  # noqa: ANN401  (pytest's)
        super().__init__(**kwargs)
        self.step = step
        self.article = article

    def runtest(self) -> None:
        """Play the step; those before it first, where they were deselected."""
        scene = stage_of(self.config).rehearsal(self.article)
        guard(scene, self.step.name)
        scene.advance(self.step.name, playing=True)

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], *_: Any) -> str | TerminalRepr:  # noqa: ANN401
        """What a person needs to act, without a traceback; bugs keep theirs."""
        if isinstance(excinfo.value, EnsayarError):
            return describe(excinfo.value, self.article.source, stage_of(self.config).parameters)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[str, int, str]:
        """Where the step is written; pytest counts lines from 0."""
        return str(self.path), self.step.location.line - 1, self.name
