"""The inside of a console block: each command with its prompt, and the output that goes with it.

Where the evidence speaks of the block as it is, the output is the machine's, with what varies marked; otherwise it is
the author's, with its wildcards marked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from ensayar.console import parse_console
from ensayar.matching import ANY, Sort, stands_for_lines, tokens
from ensayar.model import EXACTLY, Account, Comparison
from ensayar.parameters import substitute
from ensayar.publish.code import coloured
from ensayar.publish.html import element, join
from ensayar.publish.marking import Mark, disjoint, marked, resolve, safe, wildcards
from ensayar.publish.recorded import align, carry_over, varying
from ensayar.publish.words import counted, say
from ensayar.screen import terminal_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ensayar.evidence import StepEvidence
    from ensayar.model import Command, ConsoleStep, Location
    from ensayar.publish.marking import Setting

HEAD = TAIL = 60
"""Lines of a long recorded output that the page keeps at either end."""
WIDE = 1_000
"""Characters of a long line of it that the page keeps at either end."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One command, or none, and what is printed then."""

    command: Command | None
    """Raw; ``None`` for output alone."""
    expected: tuple[str, ...]
    """The author's lines, raw."""
    output: str | None
    """What the machine printed; ``None`` where nothing is known about it."""
    comparison: Comparison = EXACTLY
    """How the two are compared."""


def turns_of(step: ConsoleStep, evidence: StepEvidence | None, values: Mapping[str, str]) -> list[Turn]:
    """The turns of a raw step, with the recorded outputs of *evidence* where there is any."""
    recorded = evidence.commands if evidence else ()
    if step.output_of:
        return [Turn(None, step.expected, recorded[-1].output if recorded else None, step.comparison)]
    if len(recorded) != len(step.commands):
        return [Turn(command, command.expected, None, step.comparison) for command in step.commands]
    return [
        Turn(
            command,
            command.expected,
            seen.output if seen.command == substitute(command.text, values) else None,
            step.comparison,
        )
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
    aligned = align(expected, turn.output, turn.comparison) if turn.output is not None else None
    if aligned is None:
        return join((_expected(line, turn.comparison, setting) for line in turn.expected), "\n")
    lines: list[Markup] = []
    for raw, seen in zip(turn.expected, aligned, strict=True):
        if seen.elided:
            lines.append(_elided(len(seen.lines), language))
        else:
            lines.append(_seen(raw, seen.expected, seen.lines[0], turn.comparison, setting))
    return join(lines, "\n")


def _expected(raw: str, comparison: Comparison, setting: Setting) -> Markup:
    """A line as the author wrote it; what a regular expression stands for is shown as a wildcard."""
    parts: list[Markup] = []
    plain = ""
    for token in tokens(raw):
        if token.sort is Sort.EXPRESSION:
            title = say(setting.language, "matching", pattern=Markup("{}").format(token.name))
            parts += [_plain(plain, comparison, setting), element("span", ANY, class_="wildcard", title=title)]
            plain = ""
        else:
            plain += token.text
    return join([*parts, _plain(plain, comparison, setting)])


def _plain(raw: str, comparison: Comparison, setting: Setting) -> Markup:
    text, marks = resolve(raw, setting.values)
    sample = _opening(str(say(setting.language, "varies")))
    position = 0
    for token in tokens(text, comparison.normalise):
        if token.sort is Sort.VALUE and token.text != token.name:
            marks.append(Mark(position, position + len(token.text), sample, Markup("</span>")))
        position += len(token.text)
    return marked(text, disjoint([*marks, *wildcards(text, str(say(setting.language, "any")))]))


def _opening(title: str) -> Markup:
    return Markup('<span class="varies" title="{}">').format(title)


def _seen(raw: str, expected: str, line: str, comparison: Comparison, setting: Setting) -> Markup:
    """A line as the machine printed it; one without wildcards is the author's own, parameters and all."""
    stretches = varying(expected, line, comparison)
    if not stretches:
        return _expected(raw, comparison, setting) if expected.rstrip() == line else safe(line)
    opening = _opening(str(say(setting.language, "varies")))
    marks = [Mark(start, end, opening, Markup("</span>")) for start, end in stretches]
    for mark in resolve(raw, setting.values)[1]:
        place = carry_over(mark.start, mark.end, expected, line, comparison)
        if place is not None:
            marks.append(replace(mark, start=place[0], end=place[1]))
    return marked(line, disjoint(marks))


def _elided(count: int, language: str) -> Markup:
    words = counted(language, count, "elided-one", "elided") if count else say(language, "elided-none")
    return element("span", "⋯ ", words, class_="elided")


def recordings_html(turns: Sequence[Turn], setting: Setting, whole: str | None = None) -> Markup:
    """What the machine printed and the block does not show, folded.

    :param whole: the address of all of it, for what is shortened.
    """
    return join(_recordings(turns, setting, whole))


def _recordings(turns: Sequence[Turn], setting: Setting, whole: str | None) -> Iterator[Markup]:
    language = setting.language
    for turn in turns:
        lines = terminal_lines(turn.output or "")
        shows_all = bool(turn.expected) and not any(map(stands_for_lines, turn.expected))
        if not lines or shows_all:
            continue
        count = counted(language, len(lines), "line", "lines")
        if turn.command is None:
            summary = say(language, "whole-output", count=count)
        else:
            command = element("code", _short(turn.command.text.split("\n", 1)[0], setting.values))
            summary = say(language, "its-output", command=command, count=count)
        content = element("samp", join(_shortened(lines, language, whole), "\n"))
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


def _shortened(lines: Sequence[str], language: str, whole: str | None) -> Iterator[Markup]:
    left_out = len(lines) - HEAD - TAIL
    if left_out < TAIL:
        yield from (_narrowed(line, language, whole) for line in lines)
        return
    yield from (_narrowed(line, language, whole) for line in lines[:HEAD])
    note = say(language, "left-out", count=left_out)
    yield element("span", element("a", note, href=whole) if whole else note, class_="elided")
    yield from (_narrowed(line, language, whole) for line in lines[-TAIL:])


def _narrowed(line: str, language: str, whole: str | None) -> Markup:
    left_out = len(line) - 2 * WIDE
    if left_out < WIDE:
        return safe(line)
    note = say(language, "left-out-of-line", count=left_out)
    link = element("span", element("a", note, href=whole) if whole else note, class_="elided")
    return join([safe(line[:WIDE]), link, safe(line[-WIDE:])], " ")
