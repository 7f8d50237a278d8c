"""One kept state of the finished deployment, from which as many machines wake up as are wanted."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from ensayar import extract, project
from ensayar.machine import saved
from ensayar.machine.paths import cache_directory
from ensayar.machine.supervision import shared_lock
from ensayar.parameters import resolve
from ensayar.testing.stage import Stage, stage_of
from finished.secure import AUTHORITY, Site, trusted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from ensayar.machine.protocol import Machine
    from ensayar.model import Article

SLUG = "deploy-de-django-con-circus-chaussette-nginx"
GOOD_IN_A_ROW = 6
"""So many good pages, asked for one after another, are a site that answers."""
SETTLE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Settled:
    """The state that every test starts from."""

    directory: Path
    """Where it is kept."""
    article: Article
    """Whose deployment it is, resolved."""
    machine: dict[str, object]
    """What the machine is made of."""
    authorities: Path
    """A file with the certificates of those who may sign for its site."""

    def await_well(self, machine: Machine) -> Site:
        """The site on *machine*, which has woken up from this state, once it is well."""
        return await_well(machine, dict(self.article.values)["dominio"], self.authorities)


def await_well(machine: Machine, domain: str, authorities: Path) -> Site:
    """The site on *machine*, once its pages come, and come fast: a machine wakes up slowly."""
    site = Site(f"https://127.0.0.1:{machine.port(443)}", domain, authorities)
    until, good = time.monotonic() + SETTLE_SECONDS, 0
    while good < GOOD_IN_A_ROW:
        assert time.monotonic() < until, f"{site.url} does not answer well"
        started = time.monotonic()
        try:
            answer = site.get(timeout=30)
            good = good + 1 if answer.ok and time.monotonic() - started < 2 else 0
        except requests.RequestException:
            good = 0
        time.sleep(0.1)
    return site


@contextmanager
def settle(config: pytest.Config) -> Iterator[Settled]:
    """The finished deployment, as the article's last step leaves it, at rest."""
    place = project.find(Path(__file__))
    (raw,) = extract.read([place.posts / f"{SLUG}.rst"], place.root)
    article = resolve(raw, {})
    stage_of(config).leave()  # one machine at a time
    stage = Stage({}, config.rootpath, looking=True)
    stage.on_progress = lambda line: print(line, file=sys.stderr)  # noqa: T201  (pytest shows it where it matters)
    scene = stage.rehearsal(article)
    with ExitStack() as stack:
        cache = cache_directory()
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="finished-", dir=cache)))
        beside = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="finished-")))
        (directory / saved.LOCK).touch()
        try:
            scene.advance(article.steps[-1].name)
            machine = scene.machine
            authorities = trusted(machine.run(f"cat {AUTHORITY}", timeout=30).output, beside)
            await_well(machine, dict(article.values)["dominio"], authorities)
            machine.checkpoint(directory)
            facts = machine.facts
        finally:
            scene.stop()
        for needed in saved.read(directory).needs():  # nobody may tidy them away between two machines
            stack.callback(os.close, shared_lock(needed / saved.LOCK))
        about = {name: getattr(facts, name) for name in ("driver", "accelerator", "platform", "cpus", "memory")}
        yield Settled(directory, article, about, authorities)
