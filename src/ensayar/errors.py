"""The families of errors, told apart by type and by exit code.

An article that is written wrong (:class:`ArticleError`, 2), an article that is well written and does
not work (:class:`StepError`, 3), and a machine that could not do its part
(:class:`InfrastructureError`, 4). Only the last one is worth a retry. Anything else is a bug.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ensayar.model import Location

EXIT_DIFFERENCE = 1
"""A question was answered with no: ``extract --check`` found a difference, ``coverage`` less than the minimum."""
EXIT_USAGE = 2
EXIT_STEP_FAILED = 3
EXIT_INFRASTRUCTURE = 4
EXIT_STALE = 5
"""``nikola build --strict``: the site is built, and marks what has changed since it was rehearsed."""
EXIT_INTERRUPTED = 130


class EnsayarError(Exception):
    """What a person can act upon; shown without a traceback."""

    exit_code: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in an article."""

    location: Location
    """Where it is."""
    message: str
    """What is wrong; what to do."""

    def __str__(self) -> str:
        return f"{self.location}: {self.message}"


class ArticleError(EnsayarError):
    """The article is written wrong: one or more problems, each ``file:line: message``."""

    exit_code = EXIT_USAGE

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(EnsayarError):
    """The command was called wrong, or a file it needs is not usable."""

    exit_code = EXIT_USAGE


class StepError(EnsayarError):
    """A step of the article did not do what the article says."""

    exit_code = EXIT_STEP_FAILED

    def __init__(  # noqa: PLR0913  (what a person needs to act is this much)
        self,
        location: Location,
        step: str,
        message: str,
        *,
        command: str | None = None,
        diff: str = "",
        console: Sequence[str] = (),
    ) -> None:
        self.location = location
        self.step = step
        self.message = message
        self.command = command
        self.diff = diff
        self.console = tuple(console)
        super().__init__(f"{location}: step “{step}”: {message}")


class ScreenshotError(StepError):
    """What a browser saw after a step is not what the article shows."""

    def __init__(self, location: Location, step: str, name: str, message: str) -> None:
        super().__init__(location, step, message)
        self.args = (f"{location}: screenshot “{name}”: {message}",)


class InfrastructureError(EnsayarError):
    """The machine, not the article: what happened, and what to do about it."""

    exit_code = EXIT_INFRASTRUCTURE

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message}; {remedy}" if remedy else message)
