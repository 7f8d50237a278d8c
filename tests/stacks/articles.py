"""What the articles themselves say: how the classic stack is installed, and how many lines each stack has one write.

Nothing of an article is copied here: its steps are read from the parsed text, and the code knows them by name.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ensayar import extract, project
from ensayar.model import Account, ConsoleStep, FileStep
from ensayar.parameters import resolve
from stacks.stack import CIRCUS, CLASSIC, STACKS, other

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ensayar.machine.protocol import Machine
    from ensayar.model import Article
    from stacks.stack import Stack

INSTALLING = (
    "gunicorn-txt",
    "instalar-gunicorn",
    "con-gunicorn",
    "gunicorn-conf",
    "instalar-supervisor",
    "supervisor-muro",
    "supervisor-encierro",
    "muro-recargar",
    "mirar",
    "supervisor-freno",
    "vigia-de-supervisor",
    "supervisor-vigia",
)
"""The steps of the classic article that make a machine with Circus on it one with both, in their order there.

Not among them: making the directory for what is added to supervisor's unit, which is a ``mkdir`` of two, and the other
one is there already; and ``vigia-en-marcha`` and the like, which start what we start ourselves.
"""
SPY = ("espia", "watcher.web.", "watcher.freno.")
"""The step of Circus's article that is its subscriber; the word in it that says of what, and what we put there."""
_APPENDED = re.compile(r"cat >> (?P<path>\S+) <<'(?P<end>\w+)'\n(?P<text>.*?\n)(?P=end)", re.DOTALL)
_COMMENTS = ("#", ";")


@cache
def read(slug: str) -> Article:
    """The article *slug* with its default parameters."""
    place = project.find(Path(__file__))
    (raw,) = extract.read([place.posts / f"{slug}.rst"], place.root)
    return resolve(raw, {})


def spy(circus: Article) -> str:
    """The subscriber of Circus's article, listening to what becomes of the brake's Redis."""
    name, theirs, ours = SPY
    step = circus.step(name)
    assert isinstance(step, FileStep)
    assert step.content.count(theirs) == 1, f"“{name}” does not say {theirs} once"
    return step.content.replace(theirs, ours)


def install(classic: Article, machine: Machine) -> None:
    """Put the classic stack on *machine*, beside the other one, as its article says; nothing of it is started."""
    for name in INSTALLING:
        step = classic.step(name)
        if isinstance(step, FileStep):
            _write(step, machine)
        else:
            _type(step, machine)


def _write(step: FileStep, machine: Machine) -> None:
    directory = PurePosixPath(step.path).parent
    assert machine.run(f"mkdir --parents {directory}").exit_status == 0
    machine.put(step.content.encode(), step.path, owner=step.owner, group=step.group, mode=step.mode)


def _type(step: ConsoleStep, machine: Machine) -> None:
    root = machine.terminal("root")
    for command in step.commands:
        assert command.account is Account.ROOT, f"{step.name}: {command.text}"
        outcome = root.run(command.text, timeout=step.timeout)
        assert outcome.exit_status == 0, f"{step.name}: {command.text}: {outcome.exit_status}\n{outcome.output}"


def own(stack: Stack) -> dict[str, FileStep]:
    """The file steps of the *stack*'s article that the other article has not got, by their names."""
    mine, theirs = (_files(read(each.slug)) for each in (stack, other(stack)))
    return {name: step for name, step in mine.items() if name not in theirs or theirs[name].path != step.path}


def _files(article: Article) -> dict[str, FileStep]:
    return {step.name: step for step in article.steps if isinstance(step, FileStep)}


def lines(stack: Stack, names: Iterable[str]) -> int:
    """How many lines the *stack*'s article has in the files *names*, with what it appends to them later.

    Blank lines and comments do not count.
    """
    article = read(stack.slug)
    texts = {step.path: step.content for name, step in _files(article).items() if name in set(names)}
    appended = [
        (match["path"], match["text"])
        for step in article.steps
        if isinstance(step, ConsoleStep)
        for command in step.commands
        for match in _APPENDED.finditer(command.text)
    ]
    written = [*texts.values(), *(text for path, text in appended if path in texts)]
    return sum(counts(line) for text in written for line in text.splitlines())


def counts(line: str) -> bool:
    """Whether *line* is neither blank nor a comment."""
    return bool(line.strip()) and not line.strip().startswith(_COMMENTS)


def all_lines() -> dict[str, dict[str, int]]:
    """By stack, the lines of its configuration and of its programs."""
    return {
        stack.name: {
            "configuration": lines(stack, stack.configuration),
            "programs": lines(stack, stack.programs),
        }
        for stack in STACKS
    }


def probes() -> tuple[str, ...]:
    """What both articles ask for the versions of."""
    return tuple(dict.fromkeys(probe for stack in (CIRCUS, CLASSIC) for probe in read(stack.slug).versions))
