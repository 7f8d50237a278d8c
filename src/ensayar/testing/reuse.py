"""What need not run again: steps and checks that passed in an earlier rehearsal and that nothing has touched since."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ensayar.scene import REHEARSAL
from ensayar.testing.items import StepItem
from ensayar.testing.order import CHECK, scene_of
from ensayar.testing.screenshots import DIGEST
from ensayar.testing.stage import stage_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from ensayar.checkpoints.ledger import Seen
    from ensayar.checkpoints.lineage import Lineage
    from ensayar.model import Article


@dataclass(slots=True)
class Reused:
    """Of one article."""

    article: Article
    """Resolved."""
    lineage: Lineage
    """Where the results come from."""
    steps: set[str] = field(default_factory=set)
    """The steps that are not played."""
    checks: dict[str, list[Seen]] = field(default_factory=dict)
    """Step to the checks after it that are not made."""
    last: str = ""
    """The last of the steps that were asked for."""
    played: bool = False
    """Whether a step is among them: what comes after it has to be seen on the same machine."""

    def oldest(self) -> float:
        """When the oldest of these results came about; wall clock, seconds since 1970."""
        times = [result.finished for step in self.steps if (result := self.lineage.result(step))]
        return min(times, default=0.0)


def plan(items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], dict[str, Reused]]:
    """The *items* that have to run, and per slug of an article what is known already.

    :raises InfrastructureError: the image, which every result depends on, could not be built.
    """
    reused: dict[str, Reused] = {}
    wanted: list[pytest.Item] = []
    for item in items:
        stage = stage_of(item.config)
        article = _article(item)
        lineage = stage.lineage(article) if article else None
        if article is None or lineage is None:
            wanted.append(item)
            continue
        of_article = reused.setdefault(article.slug, Reused(article, lineage))
        if not _known(item, of_article):
            wanted.append(item)
    return wanted, reused


def _article(item: pytest.Item) -> Article | None:
    scene = scene_of(item)
    if scene is None or scene[1] != REHEARSAL:
        return None
    return item.article if isinstance(item, StepItem) else item.stash[CHECK][0]


def _known(item: pytest.Item, of_article: Reused) -> bool:
    lineage = of_article.lineage
    if isinstance(item, StepItem):
        of_article.last = item.step.name
    if of_article.played:
        return False
    if isinstance(item, StepItem):
        if lineage.result(item.step.name) is None:
            of_article.played = True
            return False
        of_article.steps.add(item.step.name)
        return True
    _, step, _ = item.stash[CHECK]
    known = lineage.check(step, item.nodeid, item.stash[DIGEST])
    if known is None:
        return False
    of_article.checks.setdefault(step, []).append(known)
    return True
