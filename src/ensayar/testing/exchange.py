"""What mutation asks of collected items, and puts into them, before checks are bound to steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ensayar.testing.fingerprint import Fingerprints
from ensayar.testing.items import StepItem
from ensayar.testing.order import CHECK
from ensayar.testing.stage import stage_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from ensayar.model import Article


def put_in(article: Article, items: list[pytest.Item]) -> bool:
    """Put *article* in the place of the one that was collected; ``False`` where that has other steps."""
    collected = [item for item in items if isinstance(item, StepItem) and item.article.slug == article.slug]
    if collected and [step.name for step in collected[0].article.steps] != [step.name for step in article.steps]:
        return False
    for item in collected:
        item.step, item.article = article.step(item.step.name), article
    return True


def digests_of(items: list[pytest.Item]) -> Iterator[tuple[str, str]]:
    """Of each check its node id, and the digest that it has by itself."""
    checks = [item for item in items if CHECK in item.stash]
    if checks:
        stage = stage_of(checks[0].config)
        fingerprints = Fingerprints(items, stage.since)
        for item in checks:
            root = stage.project_of(item.path).root
            yield item.nodeid, fingerprints.own_digest(item, item.stash[CHECK][0], root)
