"""Brings checks behind the steps they speak of, and finds mistakes in their markers."""

from __future__ import annotations

import inspect
import re
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from ensayar.deploy_scene import DEPLOY
from ensayar.errors import EnsayarError
from ensayar.parameters import did_you_mean, resolve
from ensayar.rst import parse
from ensayar.scene import REHEARSAL
from ensayar.testing.items import StepItem
from ensayar.testing.screenshots import DIGEST, ScreenshotItem
from ensayar.testing.stage import stage_of

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.model import Article

CHECK = pytest.StashKey["tuple[Article, str, str]"]()
"""Of a check: its article, its step, the name of its scene."""
WHOSE = "ensayar_article"
"""The parameter that tells whose check it is, where it is one of several articles."""

WHERE = "ensayar_scene_name"
"""The parameter that tells in which scene it is asked, where it is in both."""


class Library:
    """The articles that this session knows: those collected, and those that checks name."""

    def __init__(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        self._config = config
        self.collected = {item.article.slug: item.article for item in items if isinstance(item, StepItem)}

    def article(self, slug: str, near: Path) -> Article:
        """The article called *slug* of the project around *near*.

        :raises pytest.UsageError: there is none, or it cannot be read.
        """
        if slug in self.collected:
            return self.collected[slug]
        stage = stage_of(self._config)
        place = stage.project_of(near)
        paths = {path.name.split(".")[0]: path for path in place.articles()}
        if slug not in paths:
            message = f"{near}: no article “{slug}” in {place.posts}; {did_you_mean(slug, paths)}"
            raise pytest.UsageError(message)
        try:
            raw = parse(paths[slug], root=place.root)
            resolved = resolve(raw, stage.parameters) if raw else None
        except EnsayarError as error:
            raise pytest.UsageError(str(error)) from error
        if resolved is None:
            message = f"{near}: the article “{slug}” has no “rehearse” directive"
            raise pytest.UsageError(message)
        self.collected[slug] = resolved
        return resolved


def _argument(item: pytest.Item, name: str) -> str | None:
    marker = item.get_closest_marker(name)
    if marker is None:
        return None
    if len(marker.args) != 1 or not isinstance(marker.args[0], str):
        message = f"{item.nodeid}: the marker “{name}” takes one name"
        raise pytest.UsageError(message)
    return marker.args[0]


def multiply(metafunc: pytest.Metafunc) -> None:
    """Make a check of several articles one of each, and a final one that of the article's deployment and the script's.

    The second only with ``--ensayar-deploy``.
    """
    whose = metafunc.definition.get_closest_marker("article")
    if whose and len(whose.args) > 1:
        metafunc.fixturenames.append(WHOSE)
        metafunc.parametrize(WHOSE, whose.args)
    if metafunc.definition.get_closest_marker("final") and metafunc.config.getoption("ensayar_deploy"):
        metafunc.fixturenames.append(WHERE)
        metafunc.parametrize(WHERE, [REHEARSAL, DEPLOY])


def bind(item: pytest.Item, library: Library) -> None:
    """Note on a check which step it speaks of.

    :raises pytest.UsageError: its markers name what does not exist.
    """
    if isinstance(item, ScreenshotItem):
        item.stash[CHECK] = (item.article, item.shot.after, REHEARSAL)
        try:
            item.stash[DIGEST] = item.digest()
        except EnsayarError as error:
            raise pytest.UsageError(str(error)) from error
        return
    step = _argument(item, "after_step")
    if step is None:
        return
    callspec = getattr(item, "callspec", None)
    given = callspec.params if callspec else {}
    slug = given[WHOSE] if isinstance(given.get(WHOSE), str) else _argument(item, "article")
    if slug is None:
        message = f'{item.nodeid}: a check needs the marker “article” too; pytestmark = pytest.mark.article("slug")'
        raise pytest.UsageError(message)
    article = library.article(slug, item.path)
    names = [known.name for known in article.steps]
    if step not in names:
        message = f"{item.nodeid}: the article has no step “{step}”; {did_you_mean(step, names)}"
        raise pytest.UsageError(message)
    scene = given.get(WHERE, REHEARSAL)
    if scene == DEPLOY:
        step = names[-1]
    item.stash[CHECK] = (article, step, scene)


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """The items, each article's together where its first one stood: step, its checks, next step, …; then its script."""
    groups: dict[str, list[pytest.Item]] = defaultdict(list)
    result: list[list[pytest.Item]] = []
    for item in items:
        article = article_of(item)
        if article is None:
            result.append([item])
            continue
        if article.source not in groups:
            result.append(groups[article.source])
        groups[article.source].append(item)
    for group in groups.values():
        group.sort(key=_place)
    return [item for group in result for item in group]


def article_of(item: pytest.Item) -> Article | None:
    """The article that a step or check belongs to; ``None`` for any other test."""
    if isinstance(item, StepItem):
        return item.article
    return item.stash[CHECK][0] if CHECK in item.stash else None


def scene_of(item: pytest.Item) -> tuple[str, str] | None:
    """What tells the scene of a step or check from others; ``None`` for any other test."""
    if isinstance(item, StepItem):
        return (item.article.source, REHEARSAL)
    if CHECK in item.stash:
        article, _, name = item.stash[CHECK]
        return (article.source, name)
    return None


def step_number(item: pytest.Item) -> int:
    """Which of its article's steps, from 0, a step or check belongs to; beyond all for any other test."""
    if isinstance(item, StepItem):
        return item.article.steps.index(item.step)
    if CHECK in item.stash:
        article, step, _ = item.stash[CHECK]
        return [known.name for known in article.steps].index(step)
    return sys.maxsize


def _place(item: pytest.Item) -> tuple[bool, int, bool, bool]:
    """Scene, step, and the step itself before its checks; screenshots last."""
    check = not isinstance(item, StepItem)
    deployed = check and item.stash[CHECK][2] == DEPLOY
    return (deployed, step_number(item), check, isinstance(item, ScreenshotItem))


def description_of(item: pytest.Item) -> str:
    """What a check observes: what it says itself, the first sentence of its docstring, else its name in words."""
    said = getattr(item, "description", None)
    if said is not None:
        return str(said)
    function = getattr(item, "function", None)
    text = inspect.getdoc(function) if function else None
    if text:
        return text.strip().split("\n")[0]
    name = item.name.removeprefix("test_").replace("_", " ")
    callspec = getattr(item, "callspec", None)
    if callspec is None or WHOSE not in callspec.params:
        return name
    # whose check it is goes without saying where the article's are told
    slug = re.escape(callspec.params[WHOSE])
    return re.sub(rf"\[{slug}\]|(?<=\[){slug}-|-{slug}(?=[-\]])", "", name)
