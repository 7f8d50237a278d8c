"""The results that a machine has behind it, in a file beside its state: what it woke up with is told by it alone."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from ensayar.checkpoints.ledger import result_from
from ensayar.errors import InfrastructureError
from ensayar.model import Account, Command, ConsoleStep
from ensayar.rehearsal import CommandRecord, StepRecord

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ensayar.checkpoints.ledger import Result
    from ensayar.model import Step

_FILE = "steps.json"


def write(results: Sequence[Result], directory: Path) -> None:
    """Put *results*, in the order of their steps, beside the state in *directory*."""
    text = json.dumps([asdict(result) for result in results], ensure_ascii=False)
    (directory / _FILE).write_text(text, encoding="utf-8")


def read(directory: Path, number: int) -> tuple[Result, ...]:
    """The results of the *number* steps that the state in *directory* has behind it.

    :raises InfrastructureError: they are not there.
    """
    try:
        data = json.loads((directory / _FILE).read_text(encoding="utf-8"))
        results = [result_from(each) for each in data]
    except (OSError, ValueError, TypeError) as error:
        message = f"{directory}: what its steps did cannot be read: {error}"
        raise InfrastructureError(message) from error
    found = tuple(result for result in results if result is not None)
    if len(found) != number:
        message = f"{directory}: it knows of {len(found)} steps, not of {number}"
        raise InfrastructureError(message)
    return found


def record(step: Step, result: Result) -> StepRecord:
    """*result* as a rehearsal's record of *step*."""
    return StepRecord(
        step,
        commands=[
            CommandRecord(command, run.exit_status, run.output, run.duration)
            for command, run in zip(_commands(step), result.runs, strict=False)
        ],
        duration=result.duration,
        restored=True,
        background=result.background,
        finished=result.finished,
    )


def _commands(step: Step) -> tuple[Command, ...]:
    if not isinstance(step, ConsoleStep):
        return ()
    if step.output_of:
        return (Command("", Account.USER, step.expected, step.location),)
    return step.commands
