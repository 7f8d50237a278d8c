"""What the evidence of a rehearsal says about the outputs that an article shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.accept.editing import Edit
from ensayar.accept.merging import Line, merged
from ensayar.accept.writing import Marks, marks_for
from ensayar.digest import act_digest, step_digest
from ensayar.errors import Problem
from ensayar.matching import ANY
from ensayar.model import ConsoleStep
from ensayar.parameters import resolve_block

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ensayar.evidence import CommandEvidence, Evidence, StepEvidence
    from ensayar.model import Article, Command

PASSED = "passed"
NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What may be done about one article."""

    edits: tuple[Edit, ...]
    """In article order."""
    refused: tuple[Problem, ...]
    """What differs, and why it is not taken over."""
    unknown: tuple[str, ...]
    """Steps that show an output and were not reached, or not there yet."""


def shows_output(step: object) -> bool:
    """Whether *step* shows an output at all."""
    return isinstance(step, ConsoleStep) and bool(step.expected or any(command.expected for command in step.commands))


def propose(article: Article, evidence: Evidence, values: Mapping[str, str], names: frozenset[str] | None) -> Proposal:
    """The edits of a raw *article* whose parameters have these *values*; *names*: of these steps only."""
    edits: list[Edit] = []
    refused: list[Problem] = []
    unknown: list[str] = []
    records = {record.name: record for record in evidence.steps}
    for step in article.steps:
        if (
            not isinstance(step, ConsoleStep)
            or not shows_output(step)
            or (names is not None and step.name not in names)
        ):
            continue
        record = records.get(step.name)
        if record is None or record.status == NOT_REACHED:
            unknown.append(step.name)
            continue
        for finding in _of_step(article, step, record, records, values):
            if isinstance(finding, Edit):
                edits.append(finding)
            else:
                refused.append(finding)
    return Proposal(tuple(edits), tuple(refused), tuple(unknown))


def _of_step(
    article: Article,
    step: ConsoleStep,
    record: StepEvidence,
    records: Mapping[str, StepEvidence],
    values: Mapping[str, str],
) -> Iterator[Edit | Problem]:
    resolved = resolve_block(step, values)
    if not isinstance(resolved, ConsoleStep):
        raise TypeError
    compared = record.digest == step_digest(resolved)  # in the machine, with what the article shows now
    if record.status == PASSED and compared:
        return
    texts = [*step.expected, *(line for command in step.commands for line in (command.text, *command.expected))]
    marks = marks_for(texts, values)
    found = [*_outputs(step, record, marks, last_only=compared)]
    if not found:
        return
    stale = _stale(step, resolved, record) or _stale_background(article, step, records, values)
    yield from [Problem(step.location, f"step “{step.name}”: {stale}; rehearse again")] if stale else found


def _stale(step: ConsoleStep, resolved: ConsoleStep, record: StepEvidence) -> str | None:
    if record.acts:
        same = record.acts == act_digest(resolved)
    else:  # a record from before there was such a digest
        ran = [(item.command, item.account) for item in record.commands]
        now = [(command.text, command.account.value) for command in resolved.commands]
        same = bool(now) and ran == now[: len(ran)]
    return (
        None
        if same
        else "it does something else than what ran in the last rehearsal"
        if step.commands
        else ("it has changed since the last rehearsal")
    )


def _stale_background(
    article: Article, step: ConsoleStep, records: Mapping[str, StepEvidence], values: Mapping[str, str]
) -> str | None:
    """An output is that of the command that printed it."""
    if step.output_of is None:
        return None
    source = resolve_block(article.step(step.output_of), values)
    record = records.get(step.output_of)
    if record is not None and isinstance(source, ConsoleStep) and record.digest == step_digest(source):
        return None
    return f"“{step.output_of}”, whose output it shows, has changed since the last rehearsal"


def _outputs(step: ConsoleStep, record: StepEvidence, marks: Marks, *, last_only: bool) -> Iterator[Edit | Problem]:
    """*last_only*: those before the last command that ran were right."""
    if step.output_of:
        if record.commands:
            yield from _of_output(step, None, step.expected, record.commands[-1], marks)
        return
    for index, (command, ran) in enumerate(zip(step.commands, record.commands, strict=False)):
        wanted = step.exit_status if index == len(step.commands) - 1 else 0
        if not command.expected or (last_only and index < len(record.commands) - 1):
            continue
        if ran.exit_status != wanted:
            if ran.exit_status is None:
                message = "the command ran into its time limit"
            else:
                message = f"the command exited with {ran.exit_status}, not {wanted}"
            message += ", and the output of one that failed is not taken over; mend that first"
            yield Problem(command.location, f"step “{step.name}”: {message}")
            continue
        yield from _of_output(step, command, command.expected, ran, marks)


def _of_output(
    step: ConsoleStep, command: Command | None, expected: tuple[str, ...], ran: CommandEvidence, marks: Marks
) -> Iterator[Edit | Problem]:
    location = command.location if command else step.location
    try:
        lines = merged(expected, ran.output, step.comparison, marks)
    except ValueError as error:
        yield Problem(location, f"step “{step.name}”: {error}")
        return
    if lines is None:
        return
    if not lines and (step.output_of or step.wait is not None):
        yield Problem(location, f"step “{step.name}”: nothing was printed, and it waits for something; mend the step")
        return
    if command is None and not lines[0].text:
        # the parser drops empty lines at the beginning of a block
        first = next(index for index, line in enumerate(lines) if line.text)
        lines[:first] = [Line(None, ANY)]
    yield Edit(step.name, location, command, expected, tuple(lines))
