r"""``deploy.sh``: the article as one script that a reader may run as root on a fresh server.

Each command of the article is ``eval``\ ed on its own in a login shell that lives as long as the script, one for root
and one for the login user, apart from the script's own variables. That is what the two terminals of the reader do.
Commands stand in quoted here-documents, hence byte for byte as in the article.
"""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from ensayar.matching import pattern
from ensayar.model import EXACTLY, Account, Comparison, ConsoleStep, FileStep

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ensayar.model import Article, Command, Step

MESSAGES = {
    "en": {
        "made": "Made by “ensayar extract” from {source}; change the article, not this file.",
        "usage": "Run as root on a fresh {platform} server, at your own risk:  bash deploy.sh",
        "root": "deploy.sh: must be run as root",
        "failed": "deploy.sh: step “%s” failed (exit status %s, expected %s)",
        "waited": "deploy.sh: step “%s”: waited %s s in vain",
        "reboot": "The article restarts the machine here; a script cannot go on after that. Restart it at the end.",
        "done": "deploy.sh: all {count} steps done",
    },
    "es": {
        "made": "Hecho por «ensayar extract» a partir de {source}; cambiá el artículo, no este archivo.",
        "usage": "Corrélo como root en un servidor {platform} recién instalado, por tu cuenta:  bash deploy.sh",
        "root": "deploy.sh: hay que correrlo como root",
        "failed": "deploy.sh: falló el paso «%s» (código de salida %s, se esperaba %s)",
        "waited": "deploy.sh: paso «%s»: esperé %s s en vano",
        "reboot": "Acá el artículo reinicia la máquina; un script no puede seguir después. Reiniciala al final.",
        "done": "deploy.sh: listos los {count} pasos",
    },
}


@dataclass(frozen=True, slots=True)
class Word:
    """A text that the shell has to take as one word."""

    text: str
    """Raw or resolved."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text that the shell has to pass on as it is."""

    text: str
    """Raw or resolved; with or without the newline at its end."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Output that the machine has to give."""

    lines: tuple[str, ...]
    """As the article shows it, raw or resolved; none: any output will do."""
    comparison: Comparison = EXACTLY
    """How they are compared."""

    def pattern(self) -> str:
        """The regular expression for it, empty where any output will do."""
        return pattern(self.lines, self.comparison) if self.lines else ""


Part = str | Word | Document | Shown
"""A piece of the script. What is no plain string can be written only when the values of parameters are known, because
they decide what has to be quoted."""


@dataclass(frozen=True, slots=True)
class Script:
    """``deploy.sh`` in parts."""

    head: tuple[Part, ...]
    """What comes before the first step."""
    steps: tuple[tuple[Part, ...], ...]
    """In article order."""
    done: str
    """What is said at the end, with ``{count}`` for the number of steps."""


def written(parts: Iterable[Part]) -> str:
    """Resolved *parts* as bash reads them."""
    return "".join(map(_written, parts))


def _written(part: Part) -> str:
    if isinstance(part, Word):
        return shlex.quote(part.text)
    if isinstance(part, Document):
        return _document(part.text)
    if isinstance(part, Shown):
        return shlex.quote(part.pattern())
    return part


def _document(text: str) -> str:
    """A here-document whose delimiter *text* does not hold."""
    body = text.removesuffix("\n")
    delimiter = "EOF"
    while delimiter in body.split("\n"):
        delimiter += "_"
    return f"<<'{delimiter}'\n{body}\n{delimiter}\n"


def ending(message: str) -> tuple[Part, ...]:
    """What comes after the last step, to say *message*."""
    return ("\nprintf '\\n%s\\n' ", Word(message), "\n")


def _file(step: FileStep) -> tuple[Part, ...]:
    owner = Word(f"{step.owner}:{step.group}")
    return ("write_file ", Word(step.path), " ", owner, f" {step.mode:04o} ", Document(step.content))


def _command(command: Command, *prefix: Part) -> tuple[Part, ...]:
    who = "as_root" if command.account is Account.ROOT else "as_user"
    return (*prefix, f"{who} ", Document(command.text))


def _commands(commands: Sequence[Command], exit_status: int) -> list[tuple[Part, ...]]:
    last = len(commands) - 1
    return [
        _command(command, *([f"EXPECTED={exit_status} "] if index == last and exit_status else []))
        for index, command in enumerate(commands)
    ]


def _console(step: ConsoleStep, messages: dict[str, str]) -> list[tuple[Part, ...]]:
    if step.output_of:
        stop = "yes" if step.stop else "no"
        seconds = math.ceil(step.wait or step.timeout)
        shown = Shown(step.expected, step.comparison)
        return [(f"output_of {shlex.quote(step.output_of)} {seconds} ", shown, f" {stop}\n")]
    if step.background:
        command = step.commands[0]
        who = "root" if command.account is Account.ROOT else '"$LOGIN"'
        return [(f"background {shlex.quote(step.name)} {who} ", Document(command.text))]
    if step.wait is not None:
        command = step.commands[0]
        settings = f"EXPECTED={step.exit_status} WAIT={math.ceil(step.wait)} SEEN="
        return [_command(command, settings, Shown(command.expected, step.comparison), " ")]
    if step.reboot:
        return [*_commands(step.commands[:-1], 0), (f"# {messages['reboot']}\nclose_all\n",)]
    return _commands(step.commands, step.exit_status)


def parts_of(step: Step, language: str) -> tuple[Part, ...]:
    """What the script does for a raw or resolved *step*."""
    messages = MESSAGES[language]
    body = [_file(step)] if isinstance(step, FileStep) else _console(step, messages)
    parts: list[Part] = [f"step {shlex.quote(step.name)}\n"]
    for part in body:
        parts += ("\n", *part)
    return tuple(parts)


def script_of(article: Article) -> Script:
    """``deploy.sh`` for a raw or resolved *article*."""
    messages = MESSAGES[article.language]
    template = (files("ensayar") / "templates" / "deploy.sh").read_text(encoding="utf-8")
    words = {
        "slug": article.slug,
        "made": messages["made"].format(source=article.source),
        "usage": messages["usage"].format(platform=article.platform),
        "root_message": shlex.quote(messages["root"]),
        "failed": shlex.quote(messages["failed"]),
        "waited": shlex.quote(messages["waited"]),
    }
    before, after = (Template(text).substitute(words) for text in template.split("$login"))
    steps = tuple(parts_of(step, article.language) for step in article.steps)
    return Script((before, Word(article.login), after), steps, messages["done"])


def script(article: Article) -> str:
    """The text of ``deploy.sh`` for a resolved *article*."""
    parts = script_of(article)
    steps = "\n".join(map(written, parts.steps))
    return written(parts.head) + steps + written(ending(parts.done.format(count=len(parts.steps))))
