"""The first red of a rehearsal: what it was, where, and who is to blame."""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.errors import EnsayarError, StepError
from ensayar.testing.items import StepItem
from ensayar.testing.limits import OutOfTime
from ensayar.testing.order import CHECK, description_of
from ensayar.testing.stage import stage_of

if TYPE_CHECKING:
    from types import TracebackType

    import pytest

    from ensayar.model import Location


@dataclass(frozen=True, slots=True)
class Red:
    """The first thing that went wrong."""

    kind: str
    """``step`` or ``check``."""
    name: str
    """The step's name, or pytest's node id of the check."""
    step: str
    """The step that it belongs to; empty for a test that is bound to none."""
    place: Location | str
    """For a step the place in the article, for a check its own ``file:line``."""
    message: str
    """What was seen, in one line."""
    timed_out: bool
    """A command or the check did not end within its limit."""
    broken: bool
    """Neither article nor checks are to blame: the machine, or a bug."""
    error: BaseException | None
    """What was raised."""


def place_of(item: pytest.Item) -> str:
    """``file:line`` of a check, relative to the project."""
    path, line, _ = item.reportinfo()
    with contextlib.suppress(ValueError):
        path = str(item.path.relative_to(item.config.rootpath))
    return f"{path}:{(line or 0) + 1}"


def red_of(item: pytest.Item, error: BaseException | None, report: pytest.TestReport) -> Red:
    """What *report* of *item* says, which failed with *error*."""
    if isinstance(item, StepItem):
        place = error.location if isinstance(error, StepError) else item.step.location
        timed_out = isinstance(error, StepError) and _hung(item, error)
        message = error.message if isinstance(error, StepError) else str(error)
        broken = not isinstance(error, StepError)
        return Red("step", item.step.name, item.step.name, place, _line(message), timed_out, broken, error)
    step = item.stash[CHECK][1] if CHECK in item.stash else ""
    message = f"{description_of(item)}: {_crash(report)}"
    if isinstance(error, OutOfTime):
        message = f"{description_of(item)}: it did not end within its limit"
    broken = isinstance(error, EnsayarError) or _lost_connection(error)
    late = isinstance(error, OutOfTime)
    return Red("check", item.nodeid, step, place_of(item), _line(message), late, broken, error)


def _hung(item: StepItem, error: StepError) -> bool:
    """Whether a command did not end, or the machine did not restart, in time."""
    record = stage_of(item.config).rehearsal(item.article).rehearsal.failed()
    last = record.commands[-1].exit_status if record is not None and record.commands else 0
    return last is None or isinstance(error.__cause__, TimeoutError)


def _lost_connection(error: BaseException | None) -> bool:
    """Whether testinfra could not reach the machine: ssh itself ends with 255."""
    if not isinstance(error, RuntimeError) or error.__traceback__ is None:
        return False
    last = error.__traceback__
    while last.tb_next is not None:
        last = last.tb_next
    return last.tb_frame.f_globals.get("__name__") == "testinfra.backend.ssh"


def _crash(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message) if crash is not None else str(report.longrepr)


def _line(text: str) -> str:
    return next((line.strip() for line in text.split("\n") if line.strip()), "")[:300]


def end_processes(trace: TracebackType) -> None:
    """Kill the programs that a check was waiting for: a hanging ssh would go on for ever."""
    here: TracebackType | None = trace
    while here is not None:
        for value in here.tb_frame.f_locals.values():
            if isinstance(value, subprocess.Popen) and value.poll() is None:
                value.kill()
                value.communicate()
        here = here.tb_next
