"""From a resolved article to its mutants: always the same ones, in article order, no two alike.

Each step that acts is dropped once; file steps are altered in their metadata and their content, console steps in
their commands. What only looks is left alone: see :mod:`ensayar.mutation.looking`.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ensayar.digest import step_digest
from ensayar.model import Article, Command, ConsoleStep, FileStep, Location, Step
from ensayar.mutation import directives, source, values
from ensayar.mutation.commands import alterations
from ensayar.mutation.looking import command_looks, step_looks, wrappers
from ensayar.mutation.model import DROP, Edit, Mutant, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

NOTHING = ":"
"""The command that a dropped background step runs: its terminal is open, and nobody typed anything."""

SHELLS = frozenset({"sh", "bash", "shell", "zsh", "dash"})
KEY_VALUE = frozenset({"ini", "cfg", "systemd", "properties", "desktop", "dosini", "toml"})
KEY_VALUE_SUFFIXES = (".ini", ".cfg", ".service", ".socket", ".timer", ".target", ".mount", ".path", ".slice", ".env")
MARKUP = re.compile(r"html|xml|django|jinja|svg")
ACTIVE_MARKUP = re.compile(r"\{\{|\{%(?!-?\s*(?:end|else|elif|empty))|<(?:link|script|form|input|button|textarea)\b")
_ASSIGNMENTS = re.compile(r"(?:\s*|\s*#.*|(?:export\s+)?[A-Za-z_]\w*=.*)")


@dataclass(frozen=True, slots=True)
class _Altered:
    """A step with one fault."""

    operator: str
    """What kind of fault it is."""
    before: str
    """What is touched."""
    after: str
    """What stands there instead."""
    line: str
    """The whole line, or the whole command, that it stands in."""
    location: Location
    """Where it is touched."""
    step: Step
    """The step with it."""


def content_edits(step: FileStep) -> Iterator[Edit]:
    """Every way to alter the content of a file step, by what kind of file it is."""
    language, path = step.language.lower(), step.path
    lines = step.content.split("\n")
    find: Callable[[str], Iterable[Edit]]
    if language in ("python", "python3", "py") or path.endswith(".py"):
        find = source.python
    elif "tmpfiles.d" in path:
        find = directives.tmpfiles
    elif language == "nginx" or "/nginx/" in path:
        find = directives.nginx
    elif language in KEY_VALUE or path.endswith(KEY_VALUE_SUFFIXES):
        find = directives.key_values
    elif language in SHELLS or path.endswith(".sh"):
        find = directives.key_values if all(map(_ASSIGNMENTS.fullmatch, lines)) else source.shell
    elif path.endswith("requirements.txt"):
        return directives.plain(step.content, operator="package-lost")
    elif MARKUP.search(language):
        return directives.plain(step.content, wanted=ACTIVE_MARKUP)
    else:
        find = directives.plain
    return iter(find(step.content))


def _metadata(step: FileStep, login: str) -> Iterator[_Altered]:
    shown = f"{step.mode:04o}"
    modes = [("mode-tightened", values.tightened(step.mode)), ("mode-loosened", values.loosened(step.mode))]
    if step.mode & 0o111:
        modes.append(("executable-lost", step.mode & ~0o111))
    for operator, mode in modes:
        yield _Altered(operator, shown, f"{mode:04o}", step.path, step.location, replace(step, mode=mode))
    owner = login if step.owner == "root" != login else values.user(step.owner)
    group = login if step.group == "root" != login else values.group(step.group)
    yield _Altered("owner-changed", step.owner, owner, step.path, step.location, replace(step, owner=owner))
    yield _Altered("group-changed", step.group, group, step.path, step.location, replace(step, group=group))


def _file(step: FileStep, login: str) -> Iterator[_Altered]:
    yield from _metadata(step, login)
    lines = step.content.split("\n")
    for edit in content_edits(step):
        location = Location(step.location.path, step.content_line + edit.line)
        content = edit.text if edit.text.endswith("\n") or not edit.text else f"{edit.text}\n"
        altered = replace(step, content=content)
        yield _Altered(edit.operator, edit.before, edit.after, lines[edit.line], location, altered)


def _console(step: ConsoleStep, known: frozenset[str]) -> Iterator[_Altered]:
    for index, command in enumerate(step.commands):
        if command_looks(command.text, known):
            continue
        if len(step.commands) > 1:
            rest = (*step.commands[:index], *step.commands[index + 1 :])
            last = index == len(rest)
            gone = replace(
                step,
                commands=rest,
                exit_status=0 if last else step.exit_status,
                reboot=step.reboot and not last,
            )
            yield _Altered("command-lost", command.text, "", command.text, command.location, gone)
        for edit in alterations(command.text):
            altered = replace(command, text=edit.text)
            commands = (*step.commands[:index], altered, *step.commands[index + 1 :])
            location = Location(command.location.path, command.location.line + edit.line)
            changed = replace(step, commands=commands)
            yield _Altered(edit.operator, edit.before, edit.after, command.text, location, changed)


def dropped(step: Step) -> ConsoleStep:
    """*step* with nothing in it, under its name, so that its checks still find it."""
    commands: tuple[Command, ...] = ()
    if isinstance(step, ConsoleStep) and step.background:
        commands = (replace(step.commands[0], text=NOTHING, expected=()),)
    return ConsoleStep(
        name=step.name,
        location=step.location,
        commands=commands,
        timeout=step.timeout if isinstance(step, ConsoleStep) else 120.0,
        wait=None,
        background=bool(commands),
        output_of=None,
        expected=(),
        stop=False,
        reboot=False,
        exit_status=0,
        caption="",
    )


def _drop(step: Step) -> _Altered:
    if isinstance(step, FileStep):
        what = step.path
    else:
        what = step.commands[0].text if step.commands else f"the terminal of {step.output_of} is stopped"
    return _Altered(DROP, what, "", what, step.location, dropped(step))


def _identifier(step: str, found: _Altered, taken: set[str]) -> str:
    text = json.dumps([step, found.operator, found.line.strip(), found.before, found.after], ensure_ascii=False)
    name = f"{step}:{found.operator}:{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    number, unique = 1, name
    while unique in taken:  # the same text stands there more than once
        number += 1
        unique = f"{name}-{number}"
    taken.add(unique)
    return unique


def with_step(article: Article, step: Step) -> Article:
    """*article* with *step* in the place of the one of its name."""
    blocks = tuple(
        step if isinstance(block, FileStep | ConsoleStep) and block.name == step.name else block
        for block in article.blocks
    )
    return replace(article, blocks=blocks)


def mutants(article: Article) -> tuple[Mutant, ...]:
    """The mutants of a resolved *article*, those of one step together, its dropped one first."""
    found: list[Mutant] = []
    taken: set[str] = set()
    known = wrappers(article)
    for step in article.steps:
        if step_looks(step, known):
            continue
        seen = {step_digest(step)}
        inner = _file(step, article.login) if isinstance(step, FileStep) else _console(step, known)
        for each in (_drop(step), *sorted(inner, key=lambda found: found.location)):
            digest = step_digest(each.step)
            if digest in seen:
                continue
            seen.add(digest)
            found.append(
                Mutant(
                    id=_identifier(step.name, each, taken),
                    step=step.name,
                    operator=each.operator,
                    description=describe(each.before, each.after, each.line),
                    location=each.location,
                    altered=each.step,
                    article=with_step(article, each.step),
                )
            )
    return tuple(found)


def looking(article: Article) -> tuple[str, ...]:
    """The names of the steps that only look: no mutants are made of them."""
    known = wrappers(article)
    return tuple(step.name for step in article.steps if step_looks(step, known))
