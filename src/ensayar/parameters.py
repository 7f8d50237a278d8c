"""Parameters: ``@@name@@`` in blocks, replaced by the reader's or the rehearsal's values.

The mark was chosen because neither shells, Python, Django and Jinja templates, Nginx nor systemd give
it a meaning; a unified diff's ``@@ -1 +1 @@`` has blanks inside and is not taken for one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ensayar.errors import UsageError
from ensayar.model import Article, Block, Command, ConsoleStep, FileStep, Parameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MARK = re.compile(r"@@([a-z][a-z0-9_-]*)@@")
NAME = re.compile(r"[a-z][a-z0-9_-]*")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint to append to a message: the closest of *known*, or all of them when they are few."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1)
    if close:
        return f"did you mean “{close[0]}”?"
    return f"known: {', '.join(names)}" if names else "none is known here"


def used(text: str) -> tuple[str, ...]:
    """The names of the parameters in *text*, in order of appearance, repeated as they are."""
    return tuple(MARK.findall(text))


def substitute(text: str, values: Mapping[str, str]) -> str:
    """*text* with every mark of *values* replaced, in one pass; unknown marks stay."""
    return MARK.sub(lambda match: values.get(match[1], match[0]), text)


def defaults(parameters: Iterable[Parameter]) -> dict[str, str]:
    """The value of each parameter that the article shows."""
    return {parameter.name: parameter.default for parameter in parameters}


def accepts(parameter: Parameter, value: str) -> bool:
    """Whether *value* may be given to *parameter*: it matches as a whole and is one line."""
    return "\n" not in value and re.fullmatch(parameter.pattern, value) is not None


def choose(parameters: Iterable[Parameter], given: Mapping[str, str]) -> dict[str, str]:
    """The value of every parameter: the *given* one, else the default.

    :raises UsageError: a name that is not declared, or a value its pattern does not accept.
    """
    declared = {parameter.name: parameter for parameter in parameters}
    for name, value in given.items():
        if name not in declared:
            message = f"the article declares no parameter “{name}”; {did_you_mean(name, declared)}"
            raise UsageError(message)
        if not accepts(declared[name], value):
            message = f"parameter “{name}”: {value!r} does not match {declared[name].pattern}"
            raise UsageError(message)
    return {name: given.get(name, parameter.default) for name, parameter in declared.items()}


def resolve_block(block: Block, values: Mapping[str, str]) -> Block:
    """*block* with *values* in place of the marks, everywhere where marks may stand."""

    def text(raw: str) -> str:
        return substitute(raw, values)

    def lines(raw: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text(line) for line in raw)

    def command(raw: Command) -> Command:
        return replace(raw, text=text(raw.text), expected=lines(raw.expected))

    if isinstance(block, FileStep):
        return replace(
            block,
            path=text(block.path),
            content=text(block.content),
            owner=text(block.owner),
            group=text(block.group),
            caption=text(block.caption),
        )
    if isinstance(block, ConsoleStep):
        return replace(
            block,
            commands=tuple(command(item) for item in block.commands),
            expected=lines(block.expected),
            caption=text(block.caption),
        )
    return replace(block, text=text(block.text), caption=text(block.caption))


def resolve(article: Article, values: Mapping[str, str] | None = None) -> Article:
    """*article* with values in place of all marks: the given ones, else the defaults.

    :raises UsageError: see :func:`choose`.
    """
    chosen = choose(article.parameters, values or {})
    return replace(
        article,
        login=substitute(article.login, chosen),
        values=tuple(chosen.items()),
        versions=tuple(substitute(probe, chosen) for probe in article.versions),
        blocks=tuple(resolve_block(block, chosen) for block in article.blocks),
    )
