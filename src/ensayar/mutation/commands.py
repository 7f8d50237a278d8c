"""Faults in a command: a package left out, an option forgotten, another mode, owner, port or place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ensayar.console import unfinished
from ensayar.mutation import values
from ensayar.mutation.looking import command_looks, simple_looks
from ensayar.mutation.model import Edit
from ensayar.mutation.words import Simple, Word, instead, simple_commands, without

if TYPE_CHECKING:
    from collections.abc import Iterator

Change = tuple[str, Word, str, str]
"""Operator, the word that is touched, what stands in its place, and the whole altered text."""

ACCOUNT_TOOLS = frozenset({"useradd", "adduser", "groupadd", "addgroup", "usermod", "groupmod"})
TAKES_VALUE = {
    **dict.fromkeys(("-b", "-c", "-d", "-e", "-f", "-g", "-G", "-k", "-K", "-p", "-s", "-u"), True),
    **dict.fromkeys(("--base-dir", "--comment", "--home-dir", "--home", "--expiredate", "--gid", "--groups"), True),
    **dict.fromkeys(("--ingroup", "--key", "--password", "--shell", "--skel", "--uid", "--gecos"), True),
}
_PACKAGE_VALUES = "-r --requirement -c --constraint -t --target --target-release --index-url --extra-index-url -i -o"
PACKAGE_VALUES = frozenset(_PACKAGE_VALUES.split())
OPERANDS = frozenset({"chgrp", "chmod", "chown", "install", "mkdir", "rm", "rmdir", "touch"})
UNIT_VERBS = frozenset({"disable", "enable", "mask", "reload", "restart", "start", "stop", "try-restart", "unmask"})
INSTALL_VALUES = frozenset({"-m", "--mode", "-o", "--owner", "-g", "--group", "-t", "--target-directory", "-S"})


def _operands(words: list[Word], takes_value: frozenset[str]) -> list[Word]:
    """The words that are neither options nor their values."""
    found = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.value.startswith("-"):
            skip = word.value in takes_value
        else:
            found.append(word)
    return found


def _option(simple: Simple, *names: str) -> Word | None:
    """The value of an option: the next word, or this one where it is ``--name=value``."""
    for index, word in enumerate(simple.words):
        if word.value in names and index + 1 < len(simple.words):
            return simple.words[index + 1]
        for name in names:
            if name.startswith("--") and word.text.startswith(f"{name}="):
                start = word.start + len(name) + 1
                return Word(start, word.end, word.text[len(name) + 1 :])
    return None


def _packages(text: str, simple: Simple) -> Iterator[Change]:
    names = [word.value for word in simple.words]
    if "install" not in names or not ({"apt-get", "apt", "aptitude", "pip", "pip3"} & {simple.name, *names}):
        return
    packages = _operands(simple.words[names.index("install") + 1 :], PACKAGE_VALUES)
    if len(packages) > 1:
        for package in packages:
            yield "package-lost", package, "", without(text, package)


def _accounts(text: str, simple: Simple) -> Iterator[Change]:
    if simple.name not in ACCOUNT_TOOLS:
        return
    for index, word in enumerate(simple.words):
        if word.value.startswith("-"):
            gone = simple.words[index : index + (2 if TAKES_VALUE.get(word.value) else 1)]
            whole = Word(word.start, gone[-1].end, text[word.start : gone[-1].end])
            yield "option-lost", whole, "", without(text, *gone)


def _units(text: str, simple: Simple) -> Iterator[Change]:
    if simple.name != "systemctl":
        return
    verb = next((word for word in simple.arguments if not word.value.startswith("-")), None)
    now = next((word for word in simple.arguments if word.value == "--now"), None)
    if verb is None:
        return
    if verb.value == "enable" and now is not None:
        # the later word first, so that the earlier one's place still holds
        first, second = sorted([(verb, "start"), (now, "")], key=lambda item: item[0].start, reverse=True)
        altered = text
        for word, new in (first, second):
            altered = instead(altered, word, new) if new else without(altered, word)
        yield "not-enabled", verb, "start", altered
        yield "not-started", now, "", without(text, now)
    if verb.value in UNIT_VERBS:
        units = [word for word in simple.arguments if not word.value.startswith("-") and word is not verb]
        if len(units) > 1:
            for unit in units:
                yield "operand-lost", unit, "", without(text, unit)


def _modes(text: str, simple: Simple) -> Iterator[Change]:
    word = None
    if simple.name in ("install", "mkdir"):
        word = _option(simple, "-m", "--mode")
    elif simple.name == "chmod":
        word = next(iter(_operands(simple.arguments, frozenset())), None)
    elif simple.name == "umask" and simple.arguments:
        mask = values.umask(simple.arguments[0].text)
        if mask:
            yield "umask-changed", simple.arguments[0], mask, instead(text, simple.arguments[0], mask)
        return
    if word is not None:
        for operator, new in values.modes(word.text):
            yield operator, word, new, instead(text, word, new)


def _owners(text: str, simple: Simple) -> Iterator[Change]:
    found: list[tuple[str, Word]] = []
    if simple.name == "install":
        options = (("owner-changed", ("-o", "--owner")), ("group-changed", ("-g", "--group")))
        found = [(operator, word) for operator, names in options if (word := _option(simple, *names))]
    elif simple.name in ("chown", "chgrp"):
        word = next(iter(_operands(simple.arguments, frozenset())), None)
        if word is not None and re.fullmatch(r"[\w-]*(:[\w-]*)?", word.text):
            user, colon, _ = word.text.partition(":")
            parts = [
                ("owner-changed", Word(word.start, word.start + len(user), user)),
                ("group-changed", Word(word.start + len(user) + len(colon), word.end, word.text[len(user + colon) :])),
            ]
            found = [("group-changed", word)] if simple.name == "chgrp" else [part for part in parts if part[1].text]
    for operator, word in found:
        new = values.user(word.value) if operator == "owner-changed" else values.group(word.value)
        yield operator, word, new, instead(text, word, new)


def _places(text: str, simple: Simple) -> Iterator[Change]:
    if simple.name == "ln":
        operands = _operands(simple.arguments, frozenset())
        if len(operands) == 2 and operands[0].value != operands[1].value:  # noqa: PLR2004  (target and link)
            target, link = operands
            whole = Word(target.start, link.end, text[target.start : link.end])
            new = f"{link.text}{text[target.end : link.start]}{target.text}"
            yield "link-swapped", whole, new, instead(text, whole, new)
    if simple.name in OPERANDS:
        operands = _operands(simple.arguments, INSTALL_VALUES if simple.name == "install" else frozenset({"-m"}))
        operands = operands[1:] if simple.name in ("chmod", "chown", "chgrp") else operands
        copies = simple.name == "install" and not any("d" in word.value[1:2] for word in simple.arguments)
        if len(operands) > 1 and not copies:
            for operand in operands:
                yield "operand-lost", operand, "", without(text, operand)
    for word in simple.arguments if simple.name not in OPERANDS else ():
        port = values.port(word.text) if "\n" not in word.text else None
        if port:
            yield "port-changed", word, port, instead(text, word, port)
    for operator, word in simple.redirects:
        other = values.path(word.text)
        if other and ">" in operator and "/dev/" not in word.text:
            yield "path-changed", word, other, instead(text, word, other)


def alterations(text: str) -> Iterator[Edit]:
    """Every way to alter the command *text*; none where it only looks."""
    if command_looks(text):
        return
    for simple in simple_commands(text):
        if simple_looks(simple):
            continue
        for find in (_packages, _accounts, _units, _modes, _owners, _places):
            for operator, word, new, altered in find(text, simple):
                if altered != text and unfinished(altered) is None:
                    yield Edit(operator, text.count("\n", 0, word.start), word.text, new, altered)
