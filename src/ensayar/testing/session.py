"""``ensayar rehearse``: a pytest session with our own report in place of pytest's.

What goes out: one exit code for all articles, progress on the console, evidence in ``tutorial/``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ensayar import evidence
from ensayar.errors import (
    EXIT_INFRASTRUCTURE,
    EXIT_INTERRUPTED,
    EXIT_STEP_FAILED,
    EXIT_USAGE,
    InfrastructureError,
    StepError,
)
from ensayar.testing.items import NOT_REACHED, StepItem
from ensayar.testing.order import CHECK
from ensayar.testing.recorder import evidence as record
from ensayar.testing.recorder import versions
from ensayar.testing.report import describe, description_of, shell_command
from ensayar.testing.stage import stage_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from ensayar.progress import Progress
    from ensayar.project import Project
    from ensayar.scene import RehearsalScene


EXIT_BUG = 1


@dataclass(slots=True)
class Tally:
    """What came of a session."""

    steps: int = 0
    """Steps that passed."""
    checks: int = 0
    """Checks that passed."""
    failures: list[str] = field(default_factory=list)
    """Each in words."""
    not_reached: int = 0
    """Steps and checks after a failure."""
    infrastructure: bool = False
    """Whether a machine was at fault."""
    uncollected: bool = False
    """Whether an article or a file of checks could not be read."""
    bug: bool = False
    """Whether something failed that is neither the article nor the machine."""


class RehearsalSession:
    """A pytest plugin: our report, and evidence."""

    def __init__(
        self, project: Project, progress: Progress, *, until: str | None = None, write_evidence: bool = True
    ) -> None:
        self.project = project
        self.progress = progress
        self.until = until
        self.write_evidence = write_evidence
        self.tally = Tally()

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Take the place of pytest's reporter."""
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)
        stage = self._stage = stage_of(config)
        stage.observer = self.progress
        stage.on_progress = self.progress.phase
        stage.before_stop = self._keep

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, None, None]:
        """With ``--until``: nothing after that step and its checks, once all of them are in order."""
        yield
        if self.until is None:
            return
        for index, item in enumerate(items):
            if isinstance(item, StepItem) and item.step.name == self.until:
                end = index + 1
                while end < len(items) and not isinstance(items[end], StepItem):
                    end += 1
                del items[end:]
                return

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
            self.tally.failures.append(describe(error, source) if known else report.longreprtext)  # type: ignore[arg-type]  # known says so
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
            f"  a shell there\n    {shell_command(article.source, step, before=False)}",
        ]
        self.tally.failures.append("\n".join(lines))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """What cannot be collected is a failure, too."""
        if report.failed:
            self.tally.uncollected = True
            self.tally.failures.append(report.longreprtext)

    def _keep(self, scene: RehearsalScene) -> None:
        """Write the evidence of a rehearsal that came to its end, well or not."""
        broken = scene.failure is not None and not isinstance(scene.failure, StepError)
        if not self.write_evidence or self.until is not None or broken or self._stage.interrupted:
            return
        complete = scene.failed_step is not None or scene.rehearsal.next_step() is None
        if not complete:
            return
        found = versions(scene.machine, scene.article.versions)
        path = self.project.evidence(scene.article.slug) / evidence.FILE_NAME
        evidence.save(path, record(scene, found=found))

    def exit_code(self, status: int | pytest.ExitCode) -> int:
        """The session's exit code in our terms."""
        refused = status in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED)
        codes = (
            (refused or self.tally.uncollected, EXIT_USAGE),
            (status == pytest.ExitCode.INTERRUPTED, EXIT_INTERRUPTED),
            (status == pytest.ExitCode.INTERNAL_ERROR or self.tally.bug, EXIT_BUG),
            (self.tally.infrastructure, EXIT_INFRASTRUCTURE),
            (bool(self.tally.failures), EXIT_STEP_FAILED),
        )
        return next((code for holds, code in codes if holds), int(status))


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
