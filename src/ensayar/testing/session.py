"""``ensayar rehearse``: a pytest session with our own report in place of pytest's.

What goes out: one exit code for all articles, progress on the console, evidence in ``tutorial/``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from ensayar import evidence, variation
from ensayar.ages import age
from ensayar.checkpoints.ledger import Ending
from ensayar.errors import (
    EXIT_INFRASTRUCTURE,
    EXIT_INTERRUPTED,
    EXIT_STEP_FAILED,
    EXIT_USAGE,
    EnsayarError,
    InfrastructureError,
    StepError,
    UsageError,
)
from ensayar.scene import REHEARSAL
from ensayar.testing.items import NOT_REACHED, StepItem
from ensayar.testing.order import CHECK, article_of, description_of, scene_of
from ensayar.testing.recorder import evidence as record
from ensayar.testing.recorder import moment, probe_names, versions
from ensayar.testing.report import describe, kept_command, shell_command
from ensayar.testing.reuse import Reused, plan
from ensayar.testing.stage import stage_of
from ensayar.testing.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from ensayar.progress import Progress
    from ensayar.project import Project
    from ensayar.scene import RehearsalScene


EXIT_BUG = 1


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asks of a rehearsal."""

    until: str | None = None
    """Nothing after this step and its checks."""
    start: str | None = None
    """Nothing before this step is played or checked, whether it is known or not, unless to get there."""
    fresh: bool = False
    """Nothing that earlier rehearsals have left is used."""
    keep: bool = False
    """The machine is kept as it is at the end, for ``ensayar shell --kept``."""
    write_evidence: bool = True
    """Whether the record is written."""
    drawn: tuple[int, str] | None = None
    """The seed that the values of the parameters were drawn with, and the digest of the raw article: what is written
    is that it worked with them."""

    def partial(self) -> bool:
        """Whether the article is not rehearsed as a whole."""
        return self.until is not None or self.start is not None


class RehearsalSession:
    """A pytest plugin: our report, and evidence."""

    def __init__(self, project: Project, progress: Progress, wishes: Wishes | None = None) -> None:
        self.project = project
        self.progress = progress
        self.wishes = wishes or Wishes()
        self.tally = Tally()
        self.reused: dict[str, Reused] = {}
        self._seen: set[str] = set()

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Take the place of pytest's reporter."""
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)
        stage = self._stage = stage_of(config)
        stage.observer = self.progress
        stage.on_progress, stage.on_notice = self.progress.phase, self.progress.notice
        stage.forget, stage.keeping = self.wishes.fresh, self.wishes.write_evidence
        stage.before_stop = self._finish

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, None, None]:
        """Once all are in order: leave out what was not wished for, and what is known already."""
        yield
        _cut(items, self.wishes)
        try:
            items[:], self.reused = plan(items)
        except EnsayarError as error:
            self.tally.infrastructure = isinstance(error, InfrastructureError)
            self.tally.uncollected = isinstance(error, UsageError)
            self.tally.failures.append(describe(error, ""))
            items.clear()
        for each in self.reused.values():
            self.tally.known_steps += len(each.steps)
            self.tally.known_checks += sum(map(len, each.checks.values()))
            if each.steps:
                self.progress.line(_known_line(each))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """An article of which nothing had to run has a record, too. By now the stage has been left."""
        for each in self.reused.values():
            if each.article.source in self._seen or not each.steps or self._stage.interrupted:
                continue
            try:
                scene = self._stage.rehearsal(each.article)
                self._record(scene)
                if self.wishes.keep:  # at the end it is kept as any machine
                    scene.advance(each.last)
                self._stage.leave()
            except EnsayarError as error:
                self.tally.infrastructure = self.tally.infrastructure or isinstance(error, InfrastructureError)
                self.tally.failures.append(describe(error, each.article.source, self._stage.parameters))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Count, and tell."""
        report = yield
        if report.skipped and NOT_REACHED in str(report.longrepr):
            self.tally.not_reached += 1
        elif report.failed:
            self._failed(item, call, report)
        elif report.when == "call":
            if isinstance(item, StepItem):
                self.tally.steps += 1
            else:
                self.tally.checks += 1
                self.progress.check(description_of(item), report.duration, passed=True)
        return report

    def _failed(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, InfrastructureError):
            self.tally.infrastructure = True
        if isinstance(item, StepItem) or isinstance(error, InfrastructureError | StepError):
            source = item.article.source if isinstance(item, StepItem) else item.stash[CHECK][0].source
            known = isinstance(error, InfrastructureError | StepError)
            self.tally.bug = self.tally.bug or not known
            said = describe(error, source, self._stage.parameters) if known else report.longreprtext  # type: ignore[arg-type]  # known says so
            self.tally.failures.append(said + self._origin(item))
            return
        self.progress.check(description_of(item), report.duration, passed=False)
        if CHECK not in item.stash:  # an ordinary test beside the checks
            self.tally.failures.append(f"{item.nodeid}\n{report.longreprtext}")
            return
        article, step, _ = item.stash[CHECK]
        place = article.step(step).location
        lines = [
            f"{place}: step “{step}”: a check failed: {description_of(item)}",
            *(f"    {line}" for line in report.longreprtext.split("\n")),
            f"  a shell there\n    {shell_command(article.source, step, self._stage.parameters, before=False)}",
        ]
        self.tally.failures.append("\n".join(lines) + self._origin(item))

    def _origin(self, item: pytest.Item) -> str:
        """Where the machine woke up, for who doubts that it is as a fresh one would be."""
        article, place = article_of(item), scene_of(item)
        lineage = self._stage.lineage(article) if article and place and place[1] == REHEARSAL else None
        entry = lineage.resumed if lineage is not None else None
        if entry is None:
            return ""
        old = age(time.time() - entry.born)
        return f"\n  the machine\n    woke up from the checkpoint after “{entry.step}”, {old} old; --fresh starts anew"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """What cannot be collected is a failure, too."""
        if report.failed:
            self.tally.uncollected = True
            self.tally.failures.append(report.longreprtext)

    def _finish(self, scene: RehearsalScene) -> None:
        """The last moments of the machine."""
        self._seen.add(scene.article.source)
        try:
            self._record(scene)
        finally:
            if self.wishes.keep and not isinstance(scene.failure, InfrastructureError):
                self._put_aside(scene)

    def _record(self, scene: RehearsalScene) -> None:
        """Write the evidence of a rehearsal that came to its end, well or not."""
        broken = scene.failure is not None and not isinstance(scene.failure, StepError)
        if not self.wishes.write_evidence or self.wishes.partial() or broken or self._stage.interrupted:
            return
        complete = scene.failed_step is not None or len(scene.records()) == len(scene.article.steps)
        if not complete:
            return
        path = self.project.evidence(scene.article.slug) / evidence.FILE_NAME
        of_article, ran = self.reused.get(scene.article.slug), scene.running
        made = record(scene, found=self._versions(scene), known=of_article.checks if of_article else None)
        if of_article is not None and not ran:
            before = evidence.load(path)
            made = replace(
                made, started=moment(of_article.oldest()), duration=sum(step.duration for step in made.steps)
            )
            made = before.moved_to(made) if before is not None and before.speaks_of(made) else made
        if self.wishes.drawn is not None:
            variation.keep(self.project, made, *self.wishes.drawn)
            return
        evidence.save(path, made)

    def _versions(self, scene: RehearsalScene) -> dict[str, str]:
        names = probe_names(scene.article.versions)
        known = scene.lineage.ending() if scene.lineage is not None and not scene.running else None
        if known is not None and set(known.probes) >= set(names):
            return {name: known.versions[name] for name in names if name in known.versions}
        if not scene.running:  # a machine that has all steps behind it, not a fresh one
            scene.advance(scene.article.steps[-1].name)
        found = versions(scene.machine, scene.article.versions)
        if scene.lineage is not None and scene.failed_step is None:
            scene.lineage.ended(Ending(scene.machine.facts, names, found))
        return found

    def _put_aside(self, scene: RehearsalScene) -> None:
        if scene.lineage is None:
            return
        try:
            scene.lineage.put_aside(scene.machine)
        except (InfrastructureError, OSError) as error:
            self.progress.line(f"the machine could not be kept: {error}")
        else:
            self.progress.line(
                f"the machine is kept as it is: {kept_command(scene.article.source, self._stage.parameters)}"
            )

    def exit_code(self, status: int | pytest.ExitCode) -> int:
        """The session's exit code in our terms."""
        nothing = status == pytest.ExitCode.NO_TESTS_COLLECTED
        refused = status == pytest.ExitCode.USAGE_ERROR or (nothing and not self.tally.failures and not self.reused)
        codes = (
            (refused or self.tally.uncollected, EXIT_USAGE),
            (status == pytest.ExitCode.INTERRUPTED, EXIT_INTERRUPTED),
            (status == pytest.ExitCode.INTERNAL_ERROR or self.tally.bug, EXIT_BUG),
            (self.tally.infrastructure, EXIT_INFRASTRUCTURE),
            (bool(self.tally.failures), EXIT_STEP_FAILED),
            (nothing, 0),
        )
        return next((code for holds, code in codes if holds), int(status))


def _cut(items: list[pytest.Item], wishes: Wishes) -> None:
    """Leave out what comes before the wished start of its article, or after the wished end."""
    begun: dict[tuple[str, str] | None, bool] = {}
    wanted: list[pytest.Item] = []
    ended = False
    for item in items:
        name = item.step.name if isinstance(item, StepItem) else None
        if ended and name is not None:
            break
        scene = scene_of(item)
        begun[scene] = begun.get(scene, wishes.start is None) or name == wishes.start
        if begun[scene]:
            wanted.append(item)
        ended = ended or (name is not None and name == wishes.until)
    items[:] = wanted


def _known_line(each: Reused) -> str:
    steps, checks = len(each.article.steps), sum(map(len, each.checks.values()))
    old = age(time.time() - each.oldest())
    return (
        f"{len(each.steps)} of {steps} steps and {checks} checks are known: nothing that led there has changed ({old})"
    )


def run(
    articles: Sequence[Path], session: RehearsalSession, *, parameters: Sequence[str] = (), junit: Path | None = None
) -> int:
    """Rehearse *articles* one after another; return an exit code (0, 2, 3, 4 or 130; 1 for a bug)."""
    arguments = [
        "-p",
        "no:cacheprovider",
        f"--rootdir={session.project.root}",
        *(f"--ensayar-parameter={parameter}" for parameter in parameters),
        *([f"--junit-xml={junit}"] if junit else []),
        *map(str, articles),
    ]
    status = pytest.main(arguments, plugins=[session])
    session.progress.close()
    return session.exit_code(status)
