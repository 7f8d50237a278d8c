"""From a docutils directive to a :class:`ensayar.model.Block`: shared by the front end and the publishers.

Blocks leave here raw: parameters still stand as ``@@name@@``.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils.parsers.rst import Directive

from ensayar.console import parse_console
from ensayar.errors import ArticleError, Problem
from ensayar.model import Block, ConsoleStep, FileStep, Location, Parameter, Skip
from ensayar.parameters import NAME
from ensayar.rst import options as opt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ensayar.console import Line, Transcript

CONSOLE_LANGUAGES = frozenset({"console", "shell-session"})
CODE_DIRECTIVES = ("code-block", "code", "sourcecode")
PLATFORMS = frozenset({"debian-13"})


def relative(source: str | None, root: Path) -> str:
    """*source* as it is shown: relative to *root* where it lies inside it."""
    return _relative(source, root, Path.cwd())


@lru_cache(maxsize=64)  # every line of every block asks, and the answer takes several questions to the file system
def _relative(source: str | None, root: Path, working_directory: Path) -> str:
    # docutils names an included file relative to the working directory, and what it puts around it after it
    name = (source or "<string>").removeprefix("internal padding after ").removeprefix("internal padding before ")
    path = Path(os.path.normpath(working_directory / name))
    for candidate in (path, path.resolve()):
        if candidate.is_relative_to(root):
            return str(candidate.relative_to(root))
    return str(path)


def location_of(directive: Directive, root: Path) -> Location:
    """The line of the directive itself, in the file it was written in."""
    source, line = directive.state_machine.get_source_and_line(directive.lineno)
    return Location(relative(source, root), line or directive.lineno)


def content_lines(directive: Directive, root: Path) -> list[Line]:
    """The content's lines, each with its place."""
    lines: list[Line] = []
    names: dict[str | None, str] = {}
    for index, text in enumerate(directive.content):
        source, offset = directive.content.info(index)
        if source not in names:
            names[source] = relative(source, root)
        lines.append((text, Location(names[source], (offset or 0) + 1)))
    return lines


class CodeBlock(Directive):
    """What every ``code-block`` accepts; subclasses say what becomes of it."""

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = opt.option_spec()  # docutils declares it untyped
    has_content = True


class Rehearse(Directive):
    """``.. rehearse::`` makes an article executable."""

    known: ClassVar[frozenset[str]] = frozenset({"platform", "login", "language", "versions", *opt.MINIMUMS})
    option_spec: ClassVar[Any] = opt.option_spec(known)
    # accepted so that a mistake is ours to report: docutils would drop the directive, and the article pass as plain
    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True


class Declaration(Directive):
    """``.. parameter:: name`` declares a value that the reader may change."""

    required_arguments = 1
    known: ClassVar[frozenset[str]] = frozenset({"default", "pattern"})
    option_spec: ClassVar[Any] = opt.option_spec(known)
    has_content = True


def read_parameter(directive: Directive, root: Path | None = None) -> Parameter:
    """The parameter that a ``parameter`` directive declares.

    :raises ArticleError: it is written wrong.
    """
    location = location_of(directive, root or Path.cwd())
    options: Mapping[str, str] = directive.options
    try:
        opt.check_names(options, Declaration.known)
    except ValueError as error:
        raise ArticleError([Problem(location, str(error))]) from error
    name = directive.arguments[0].strip()
    if not NAME.fullmatch(name):
        raise ArticleError([Problem(location, f"“{name}” is not a parameter's name; lower-case letters, digits, - _")])
    if not options.get("default"):
        raise ArticleError([Problem(location, f"parameter “{name}” has no default; add “:default: value”")])
    description = " ".join(line.strip() for line in directive.content if line.strip())
    return Parameter(name, options["default"], options.get("pattern", r"[A-Za-z0-9._-]+"), description, location)


def read_block(directive: Directive, root: Path | None = None) -> Block | None:
    """The block that a code directive stands for; ``None`` where nothing says what becomes of it.

    :param root: the project's directory, for the paths in locations; default: the working directory.
    :raises ArticleError: it is written wrong.
    """
    base = root or Path.cwd()
    location = location_of(directive, base)
    lines = content_lines(directive, base)
    try:
        opt.check_names(directive.options)
        return _classify(directive, location, lines)
    except ValueError as error:
        raise ArticleError([Problem(location, str(error))]) from error


def language_of(directive: Directive) -> str:
    """The highlighter's name for the block's language; ``text`` without one."""
    return directive.arguments[0].split("\n")[0].strip() if directive.arguments else "text"


def _classify(directive: Directive, location: Location, lines: list[Line]) -> Block | None:
    options: Mapping[str, str] = directive.options
    language = language_of(directive)
    text = "".join(f"{line}\n" for line, _ in lines)
    if directive.arguments and "\n" in directive.arguments[0]:
        message = f"the blank line between “.. {directive.name}:: {language}” with its options and the code is missing"
        raise ValueError(message)
    if "skip" in options:
        if not options["skip"]:
            message = "“:skip:” needs a reason, which the page shows to the reader"
            raise ValueError(message)
        _refuse(options, opt.CONSOLE_ONLY | opt.FILE_ONLY | {"file"}, "a skipped block")
        name = opt.step_name(options) if "name" in options else None
        return Skip(name, location, opt.prose(options, "skip"), text, language, opt.prose(options, "caption"))
    if "file" in options:
        _refuse(options, opt.CONSOLE_ONLY, "a file step")
        return _file_step(options, location, lines, language)
    if language in CONSOLE_LANGUAGES:
        _refuse(options, opt.FILE_ONLY, "a console step")
        return _console_step(options, location, lines)
    return None


def _refuse(options: Mapping[str, str], names: frozenset[str], what: str) -> None:
    for name in sorted(names & options.keys()):
        message = f"option “:{name}:” has no meaning in {what}; remove it"
        raise ValueError(message)


def _file_step(options: Mapping[str, str], location: Location, lines: list[Line], language: str) -> FileStep:
    if not options["file"]:
        message = "“:file:” needs the path of the file"
        raise ValueError(message)
    if not lines:
        message = "a file step without content; write the file's lines into the block"
        raise ValueError(message)
    owner = opt.ownership(options)
    return FileStep(
        name=opt.step_name(options),
        location=location,
        path=options["file"],
        content="".join(f"{line}\n" for line, _ in lines),
        content_line=lines[0][1].line,
        owner=owner.user,
        group=owner.group,
        mode=opt.mode(options),
        replaces=options.get("replaces") or None,
        language=language,
        caption=opt.prose(options, "caption"),
    )


def _console_step(options: Mapping[str, str], location: Location, lines: list[Line]) -> ConsoleStep:
    transcript = parse_console(lines)
    if transcript.problems:
        raise ArticleError(transcript.problems)
    step = ConsoleStep(
        name=opt.step_name(options),
        location=location,
        commands=tuple(transcript.commands),
        timeout=opt.seconds(options, "timeout", opt.DEFAULT_TIMEOUT),
        wait=opt.seconds(options, "wait", 0.0) if "wait" in options else None,
        background="background" in options,
        output_of=options.get("output-of") or None,
        expected=tuple(transcript.leading),
        stop="stop" in options,
        reboot="reboot" in options,
        exit_status=opt.exit_status(options),
        caption=opt.prose(options, "caption"),
        comparison=opt.comparison(options),
    )
    problem = _console_problem(step, transcript, options)
    if problem:
        raise ValueError(problem)
    return step


def _console_problem(step: ConsoleStep, transcript: Transcript, options: Mapping[str, str]) -> str | None:
    """What is wrong in how the parts of a console step go together; the first that holds."""
    waits = step.wait is not None
    compares = {"any-order", "normalise"} & options.keys()
    if compares and not (step.expected or any(command.expected for command in step.commands)):
        return f"“:{min(compares)}:” says how output is compared, and the block shows none; remove it"
    if step.comparison.any_order and not any(
        len(lines) > 1 for lines in (step.expected, *(command.expected for command in step.commands))
    ):
        return "“:any-order:” is for outputs of several lines; remove it"
    rules = (
        _output_rules(step, options)
        if step.output_of
        else (
            (
                bool(transcript.leading),
                "the block begins with output; begin with a prompt (“# ” root, “$ ” user) or say “:output-of: step”",
            ),
            (not step.commands, "a console block without commands; write one after a prompt (“# ” root, “$ ” user)"),
            (step.stop, "“:stop:” goes with “:output-of:” only"),
            (waits and len(step.commands) > 1, "“:wait:” is for a block with one command; split the block"),
            (
                step.background and len(step.commands) > 1,
                "“:background:” is for a block with one command; split the block",
            ),
            (
                step.background and (waits or step.reboot or any(command.expected for command in step.commands)),
                "“:background:” only starts a command; show its output in a block with “:output-of:”",
            ),
            (step.reboot and waits, "“:reboot:” does not go with “:wait:”; split the block"),
            (step.reboot and step.background, "“:reboot:” does not go with “:background:”; split the block"),
            (
                step.reboot and bool(step.commands[-1].expected),
                "the output of a command that restarts the machine cannot be compared; remove it",
            ),
            (
                (step.reboot or step.background) and "exit-status" in options,
                "“:exit-status:” cannot be seen of a command that restarts the machine or goes on running; remove it",
            ),
        )
    )
    return next((message for wrong, message in rules if wrong), None)


def _output_rules(step: ConsoleStep, options: Mapping[str, str]) -> tuple[tuple[bool, str], ...]:
    return (
        (
            bool(step.commands),
            "a block with “:output-of:” shows output only; move the commands to a block of their own",
        ),
        (
            not step.expected,
            "a block with “:output-of:” shows nothing; write the lines that the other terminal has printed",
        ),
        (step.background or step.reboot, "“:output-of:” goes with neither “:background:” nor “:reboot:”"),
        ("exit-status" in options, "“:exit-status:” goes with a command; remove it"),
        ("timeout" in options, "“:timeout:” goes with a command; “:wait:” says how long to wait for the output"),
    )
