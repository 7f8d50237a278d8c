r"""``deploy.sh``: the article as one script that a reader may run as root on a fresh server.

Each command of the article is ``eval``\ ed on its own in a login shell that lives as long as the script, one for root
and one for the login user, apart from the script's own variables. That is what the two terminals of the reader do.
Commands stand in quoted here-documents, hence byte for byte as in the article.
"""

from __future__ import annotations

import math
import shlex
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from ensayar.matching import pattern
from ensayar.model import Account, ConsoleStep, FileStep

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def _document(text: str) -> str:
    """*text* (with or without the newline at its end) as a here-document whose delimiter it does not hold."""
    body = text.removesuffix("\n")
    delimiter = "EOF"
    while delimiter in body.split("\n"):
        delimiter += "_"
    return f"<<'{delimiter}'\n{body}\n{delimiter}\n"


def _file(step: FileStep) -> str:
    arguments = shlex.join([step.path, f"{step.owner}:{step.group}", f"{step.mode:04o}"])
    return f"write_file {arguments} {_document(step.content)}"


def _command(command: Command, prefix: str) -> str:
    who = "as_root" if command.account is Account.ROOT else "as_user"
    return f"{prefix}{who} {_document(command.text)}"


def _commands(commands: Sequence[Command], exit_status: int) -> list[str]:
    last = len(commands) - 1
    return [
        _command(command, f"EXPECTED={exit_status} " if index == last and exit_status else "")
        for index, command in enumerate(commands)
    ]


def _console(step: ConsoleStep, messages: dict[str, str]) -> list[str]:
    if step.output_of:
        stop = "yes" if step.stop else "no"
        seen = shlex.quote(pattern(step.expected, step.comparison))
        return [f"output_of {shlex.quote(step.output_of)} {math.ceil(step.wait or step.timeout)} {seen} {stop}\n"]
    if step.background:
        command = step.commands[0]
        who = "root" if command.account is Account.ROOT else '"$LOGIN"'
        return [f"background {shlex.quote(step.name)} {who} {_document(command.text)}"]
    if step.wait is not None:
        expected = step.commands[0].expected
        seen = shlex.quote(pattern(expected, step.comparison)) if expected else "''"
        return [_command(step.commands[0], f"EXPECTED={step.exit_status} WAIT={math.ceil(step.wait)} SEEN={seen} ")]
    if step.reboot:
        return [*_commands(step.commands[:-1], 0), f"# {messages['reboot']}\nclose_all\n"]
    return _commands(step.commands, step.exit_status)


def _step(step: Step, messages: dict[str, str]) -> str:
    body = [_file(step)] if isinstance(step, FileStep) else _console(step, messages)
    return "\n".join([f"step {shlex.quote(step.name)}\n", *body])


def script(article: Article) -> str:
    """The text of ``deploy.sh`` for a resolved *article*."""
    messages = MESSAGES[article.language]
    template = Template((files("ensayar") / "templates" / "deploy.sh").read_text(encoding="utf-8"))
    return template.substitute(
        slug=article.slug,
        made=messages["made"].format(source=article.source),
        usage=messages["usage"].format(platform=article.platform),
        login=shlex.quote(article.login),
        root_message=shlex.quote(messages["root"]),
        failed=shlex.quote(messages["failed"]),
        waited=shlex.quote(messages["waited"]),
        done=shlex.quote(messages["done"].format(count=len(article.steps))),
        steps="\n".join(_step(step, messages) for step in article.steps),
    )
