"""What must hold in an article as a whole: names, paths and parameters against each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ensayar.errors import Problem
from ensayar.model import Article, ConsoleStep, FileStep, Location
from ensayar.parameters import NAME, accepts, defaults, did_you_mean, resolve_block, used

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ensayar.model import Block

LANGUAGES = frozenset({"en", "es"})
_NEAR_MARK = re.compile(r"@@([^@\s]+)@@")


def problems_of(article: Article, uses: Sequence[tuple[str, Location]] = ()) -> list[Problem]:
    """Everything wrong in *article*; *uses* are texts outside blocks that may name parameters."""
    return [
        *_parameters(article),
        *_names(article),
        *_marks(article, uses),
        *_paths(article),
        *_backgrounds(article),
    ]


def _parameters(article: Article) -> Iterator[Problem]:
    first: dict[str, Location] = {}
    for parameter in article.parameters:
        if parameter.name in first:
            yield Problem(
                parameter.location,
                f"parameter “{parameter.name}” is declared again; the first is at {first[parameter.name]}",
            )
        first.setdefault(parameter.name, parameter.location)
        try:
            accepted = accepts(parameter, parameter.default)
        except re.error as error:
            yield Problem(parameter.location, f"“:pattern:” is not a regular expression: {error}")
            continue
        if used(parameter.default):
            yield Problem(parameter.location, f"the default “{parameter.default}” holds a parameter; write it out")
        if not accepted:
            yield Problem(parameter.location, f"the default “{parameter.default}” does not match “{parameter.pattern}”")


def _names(article: Article) -> Iterator[Problem]:
    first: dict[str, Location] = {}
    for block in article.blocks:
        if block.name is None:
            continue
        if block.name in first:
            yield Problem(block.location, f"the name “{block.name}” is taken by the block at {first[block.name]}")
        first.setdefault(block.name, block.location)


def texts(block: Block) -> Iterable[tuple[str, Location]]:
    """What a raw block says, line by line where it has lines, and where each stands."""
    if isinstance(block, FileStep):
        yield f"{block.path} {block.owner} {block.group} {block.caption}", block.location
        for number, line in enumerate(block.content.split("\n")):
            yield line, Location(block.location.path, block.content_line + number)
    elif isinstance(block, ConsoleStep):
        yield "\n".join([*block.expected, block.caption]), block.location
        for command in block.commands:
            for number, line in enumerate([*command.text.split("\n"), *command.expected]):
                yield line, Location(command.location.path, command.location.line + number)
    else:
        yield f"{block.text} {block.caption}", block.location


def _marks(article: Article, uses: Sequence[tuple[str, Location]]) -> Iterator[Problem]:
    known = {parameter.name for parameter in article.parameters}
    for text, location in [*uses, *(pair for block in article.blocks for pair in texts(block))]:
        for name in dict.fromkeys(_NEAR_MARK.findall(text)):
            if not NAME.fullmatch(name):
                yield Problem(
                    location,
                    f"“@@{name}@@” is no parameter: names are lower-case letters, digits, “-” and “_”; "
                    f"{did_you_mean(name.lower(), known)}",
                )
            elif name not in known:
                yield Problem(
                    location,
                    f"parameter “{name}” is used and not declared; {did_you_mean(name, known)}; "
                    f"declare it with “.. parameter:: {name}”",
                )


def path_problem(path: str) -> str | None:
    """What is wrong with a resolved path in the machine, ``None`` for a good one."""
    if not path.startswith("/"):
        return f"“:file: {path}” is relative; write an absolute path"
    if ".." in path.split("/"):
        return f"“:file: {path}” climbs with “..”; write the path it means"
    if path.endswith("/") or "//" in path or "." in path.split("/") or not path.isprintable():
        return f"“:file: {path}” is not a plain path to a file; write it without “//”, “/./” or “/” at the end"
    return None


def _paths(article: Article) -> Iterator[Problem]:
    values = defaults(article.parameters)
    steps: dict[str, FileStep] = {}
    for raw in article.blocks:
        block = resolve_block(raw, values)
        if not isinstance(block, FileStep):
            continue
        problem = path_problem(block.path)
        if problem:
            yield Problem(block.location, problem)
            continue
        earlier = steps.get(block.path)
        if earlier and block.replaces != earlier.name:
            yield Problem(
                block.location,
                f"“{block.path}” is already written by “{earlier.name}” at {earlier.location}; "
                f"if that is meant, say “:replaces: {earlier.name}”",
            )
        elif block.replaces and not earlier:
            known = [step.name for step in steps.values()]
            yield Problem(
                block.location,
                f"“:replaces: {block.replaces}” names no earlier file step for “{block.path}”; "
                f"{did_you_mean(block.replaces, known)}",
            )
        for path, other in steps.items():
            if path.startswith(f"{block.path}/") or block.path.startswith(f"{path}/"):
                yield Problem(
                    block.location,
                    f"“{block.path}” and “{path}” ({other.location}) cannot both be files; one lies inside the other",
                )
        steps[block.path] = block


def _backgrounds(article: Article) -> Iterator[Problem]:
    running: dict[str, ConsoleStep] = {}
    for block in article.blocks:
        if not isinstance(block, ConsoleStep):
            continue
        if block.background:
            running[block.name] = block
        elif block.output_of and block.output_of not in running:
            yield Problem(
                block.location,
                f"“:output-of: {block.output_of}” names no earlier “:background:” step that still runs; "
                f"{did_you_mean(block.output_of, running)}",
            )
        elif block.output_of and block.stop:
            del running[block.output_of]
        elif block.reboot:
            running.clear()
