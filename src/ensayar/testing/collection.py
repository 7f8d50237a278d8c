"""Which checks observe which steps, by pytest's own collection; no machine is started and no step is played."""

from __future__ import annotations

import io
from collections import defaultdict
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

import pytest

# pytest offers no other way to ask whether an item will run than to run it
from _pytest.skipping import evaluate_skip_marks, evaluate_xfail_marks

from ensayar.coverage import Check
from ensayar.errors import UsageError
from ensayar.model import Location
from ensayar.scene import REHEARSAL
from ensayar.testing.order import CHECK, description_of
from ensayar.testing.stage import stage_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from ensayar.model import Article
    from ensayar.project import Project


class _Collector:
    """A pytest plugin that keeps what was collected, and prints nothing."""

    def __init__(self) -> None:
        self.checks: dict[str, list[Check]] = defaultdict(list)
        self.problems: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Take pytest's reporter away."""
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)
        stage_of(config).screenshots = False  # the first time there is nothing that one could fail at

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """What cannot be collected."""
        if report.failed:
            self.problems.append(report.longreprtext)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, None, None]:
        """Keep the checks, once they are bound and in order."""
        try:
            yield
        except pytest.UsageError as error:
            self.problems.append(str(error))
            raise
        for item in items:
            if CHECK in item.stash:
                article, step, scene = item.stash[CHECK]
                if scene == REHEARSAL:
                    self.checks[article.source].append(_check(item, step))


def _check(item: pytest.Item, step: str) -> Check:
    path, line, _ = item.location
    return Check(item.nodeid, description_of(item), Location(path, (line or 0) + 1), step, _excuse(item))


def _excuse(item: pytest.Item) -> str:
    """Why *item* will observe nothing; empty where it will."""
    try:
        skipped = evaluate_skip_marks(item)
        xfailed = None if skipped else evaluate_xfail_marks(item)
    except pytest.fail.Exception as error:
        return f"broken: {str(error).partition(chr(10))[0]}"
    if skipped:
        return f"skipped: {skipped.reason}"
    return f"expected to fail: {xfailed.reason or 'no reason given'}" if xfailed else ""


def checks_of(place: Project, articles: Sequence[Article]) -> dict[str, tuple[Check, ...]]:
    """The checks of *articles*, by their source, each article's in the order in which they run.

    :raises UsageError: a file of checks cannot be read, or a marker names what does not exist.
    """
    sources = [place.root / article.source for article in articles]
    paths = [path for path in sources if path.is_relative_to(place.posts)]
    paths += [place.checks] if place.checks.is_dir() else []
    if not paths:
        return {}
    collector = _Collector()
    # asserts as they stand, because none of them will run
    plain = ["--collect-only", "--assert=plain", "-p", "no:cacheprovider"]
    arguments = [*plain, f"--rootdir={place.root}", *map(str, paths)]
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        status = pytest.main(arguments, plugins=[collector])
    if status == pytest.ExitCode.INTERRUPTED and not collector.problems:
        raise KeyboardInterrupt
    if status == pytest.ExitCode.INTERNAL_ERROR:
        raise RuntimeError(said.getvalue())
    if collector.problems or status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise UsageError("\n".join(collector.problems) or said.getvalue().strip())
    return {source: tuple(checks) for source, checks in collector.checks.items()}
