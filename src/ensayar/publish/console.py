"""The inside of a console block: each command with its prompt, and the output that goes with it.

Where the evidence speaks of the block as it is, the output is the machine's, with what varies marked; otherwise it is
the author's, with its wildcards marked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from ensayar.console import parse_console
from ensayar.matching import ANY, lines_of
from ensayar.model import Account
from ensayar.parameters import substitute
from ensayar.publish.code import coloured
from ensayar.publish.html import element, join
from ensayar.publish.marking import Mark, disjoint, marked, resolve, safe, wildcards
from ensayar.publish.recorded import align, carry_over, varying
from ensayar.publish.words import counted, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ensayar.evidence import StepEvidence
    from ensayar.model import Command, ConsoleStep, Location
    from ensayar.publish.marking import Setting

HEAD = TAIL = 60
"""Lines of a long recorded output that the page keeps at either end."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One command, or none, and what is printed then."""

    command: Command | None
    """Raw; ``None`` for output alone."""
    expected: tuple[str, ...]
    """The author's lines, raw."""
    output: str | None
    """What the machine printed; ``None`` where nothing is known about it."""


def turns_of(step: ConsoleStep, evidence: StepEvidence | None, values: Mapping[str, str]) -> list[Turn]:
    """The turns of a raw step, with the recorded outputs of *evidence* where there is any."""
    recorded = evidence.commands if evidence else ()
    if step.output_of:
        return [Turn(None, step.expected, recorded[-1].output if recorded else None)]
    if len(recorded) != len(step.commands):
        return [Turn(command, command.expected, None) for command in step.commands]
    return [
        Turn(command, command.expected, seen.output if seen.command == substitute(command.text, values) else None)
        for command, seen in zip(step.commands, recorded, strict=True)
    ]


def turns_of_text(text: str, location: Location) -> list[Turn] | None:
    """The turns of a console block that is only shown; ``None`` where it does not read as one."""
    transcript = parse_console([(line, location) for line in text.rstrip("\n").split("\n")])
    if transcript.problems or not transcript.commands:
        return None
    leading = [Turn(None, tuple(transcript.leading), None)] if transcript.leading else []
    return [*leading, *(Turn(command, command.expected, None) for command in transcript.commands)]


def transcript_html(turns: Sequence[Turn], setting: Setting) -> Markup:
    """Prompts, commands and outputs, each an element of its own."""
    parts: list[Markup] = []
    for turn in turns:
        if turn.command is not None:
            parts.append(_command(turn.command, setting.values))
        if turn.expected:
            parts.append(element("pre", element("samp", _output(turn, setting)), class_="output"))
    return join(parts)


def _command(command: Command, values: Mapping[str, str]) -> Markup:
    code = join(coloured(command.text, "bash", values), "\n")
    account = "root" if command.account is Account.ROOT else "user"
    prompt = element("span", command.account.value, class_=f"prompt {account}")
    return element("pre", prompt, " ", element("code", code), class_="command")


def _output(turn: Turn, setting: Setting) -> Markup:
    values, language = setting.values, setting.language
    expected = [substitute(line, values) for line in turn.expected]
    aligned = align(expected, turn.output) if turn.output is not None else None
    if aligned is None:
        title = str(say(language, "any"))
        return join((_expected(line, values, title) for line in turn.expected), "\n")
    lines: list[Markup] = []
    for raw, seen in zip(turn.expected, aligned, strict=True):
        if seen.elided:
            lines.append(_elided(len(seen.lines), language))
        else:
            lines.append(_seen(raw, seen.expected, seen.lines[0], values, str(say(language, "varies"))))
    return join(lines, "\n")


def _expected(raw: str, values: Mapping[str, str], title: str) -> Markup:
    text, marks = resolve(raw, values)
    return marked(text, disjoint([*marks, *wildcards(text, title)]))


def _seen(raw: str, expected: str, line: str, values: Mapping[str, str], title: str) -> Markup:
    """A line as the machine printed it; one without wildcards is the author's own, parameters and all."""
    stretches = varying(expected, line)
    if not stretches:
        return _expected(raw, values, title) if expected.rstrip() == line else safe(line)
    opening = Markup('<span class="varies" title="{}">').format(title)
    marks = [Mark(start, end, opening, Markup("</span>")) for start, end in stretches]
    for mark in resolve(raw, values)[1]:
        place = carry_over(mark.start, mark.end, expected, line)
        if place is not None:
            marks.append(replace(mark, start=place[0], end=place[1]))
    return marked(line, disjoint(marks))


def _elided(count: int, language: str) -> Markup:
    words = counted(language, count, "elided-one", "elided") if count else say(language, "elided-none")
    return element("span", "⋯ ", words, class_="elided")


def recordings_html(turns: Sequence[Turn], setting: Setting) -> Markup:
    """What the machine printed and the block does not show, folded."""
    return join(_recordings(turns, setting))


def _recordings(turns: Sequence[Turn], setting: Setting) -> Iterator[Markup]:
    language = setting.language
    for turn in turns:
        lines = terminal_lines(turn.output or "")
        shows_all = bool(turn.expected) and not any(line.strip() == ANY for line in turn.expected)
        if not lines or shows_all:
            continue
        count = counted(language, len(lines), "line", "lines")
        if turn.command is None:
            summary = say(language, "whole-output", count=count)
        else:
            command = element("code", _short(turn.command.text.split("\n", 1)[0], setting.values))
            summary = say(language, "its-output", command=command, count=count)
        content = element("samp", join(_shortened(lines, language), "\n"))
        yield element(
            "details",
            element("summary", summary),
            element("pre", content, class_="output", tabindex=0),
            class_="recorded",
        )


def _short(command: str, values: Mapping[str, str], limit: int = 48) -> Markup:
    text, marks = resolve(command, values)
    if len(text) <= limit:
        return marked(text, marks)
    return marked(f"{text[: limit - 1]}…", [mark for mark in marks if mark.end < limit])


def _shortened(lines: Sequence[str], language: str) -> Iterator[Markup]:
    left_out = len(lines) - HEAD - TAIL
    if left_out < TAIL:
        yield from map(safe, lines)
        return
    yield from map(safe, lines[:HEAD])
    yield element("span", say(language, "left-out", count=left_out), class_="elided")
    yield from map(safe, lines[-TAIL:])


def terminal_lines(output: str) -> list[str]:
    """The lines as a terminal shows them: what follows a carriage return overwrites what stood there."""
    return [_overwritten(line) for line in lines_of(output)]


def _overwritten(line: str) -> str:
    shown = ""
    for part in line.split("\r"):
        shown = part + shown[len(part) :]
    return shown.rstrip()
