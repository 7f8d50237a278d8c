"""The options of the ``code-block`` directive: which there are, and how each is read.

docutils hands over strings; what leaves this module is typed, and each mistake is a ``ValueError`` whose
message says what to write instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.matching import NAMES
from ensayar.model import Comparison
from ensayar.parameters import NAME, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONSOLE_ONLY = frozenset(
    {"timeout", "wait", "background", "reboot", "exit-status", "output-of", "stop", "normalise", "any-order"}
)
FILE_ONLY = frozenset({"owner", "mode", "replaces"})
PRESENTATION = frozenset({"caption", "linenos", "emphasize-lines", "class"})
KNOWN = CONSOLE_ONLY | FILE_ONLY | PRESENTATION | {"name", "file", "skip"}
FLAGS = frozenset({"background", "reboot", "stop", "any-order"})
MINIMUMS = ("minimum-run", "minimum-observed")
VALUED = frozenset(
    {
        "replaces",
        "output-of",
        "wait",
        "timeout",
        "owner",
        "mode",
        "exit-status",
        "from",
        "normalise",
        "platform",
        "login",
        *MINIMUMS,
    }
)
ACCOUNT = re.compile(r"(?:[a-z0-9_.-]|@@[a-z0-9_-]+@@)+", re.IGNORECASE)
DEFAULT_TIMEOUT = 120.0


def unchanged(argument: str | None) -> str:
    """Docutils' converter for every option: the text as it stands."""
    return (argument or "").strip()


def prose(options: Mapping[str, str], name: str) -> str:
    """Text for the reader, in one line however many it was written in; empty without the option."""
    return " ".join(options.get(name, "").split())


class OptionSpec(dict[str, "Callable[[str | None], str]"]):
    """Accepts every name, so that a mistyped option reaches :func:`check_names` with its place."""

    def __missing__(self, key: str) -> Callable[[str | None], str]:
        return unchanged


def option_spec(known: frozenset[str] = KNOWN) -> OptionSpec:
    """For a directive's ``option_spec``."""
    return OptionSpec(dict.fromkeys(known, unchanged))


def check_names(options: Mapping[str, str], known: frozenset[str] = KNOWN) -> None:
    """:raises ValueError: an option that does not exist, lacks its value, or a flag with a value."""
    for name in options:
        if name not in known:
            message = f"unknown option “:{name}:”; {did_you_mean(name, known)}"
            raise ValueError(message)
        if name in VALUED and not options[name]:
            message = f"option “:{name}:” needs a value; write one or remove it"
            raise ValueError(message)
        if name in FLAGS and options[name]:
            message = f"option “:{name}:” takes no value; write “:{name}:” alone"
            raise ValueError(message)


def seconds(options: Mapping[str, str], name: str, default: float) -> float:
    """A positive number of seconds."""
    if name not in options:
        return default
    try:
        value = float(options[name])
    except ValueError:
        value = 0.0
    if not 0 < value <= 86_400:  # noqa: PLR2004  (a day)
        message = f"“:{name}: {options[name]}” is not a number of seconds between 0 and 86400"
        raise ValueError(message)
    return value


def mode(options: Mapping[str, str]) -> int:
    """Permission bits from octal digits."""
    text = options.get("mode", "0644")
    if not re.fullmatch(r"[0-7]{3,4}", text):
        message = f"“:mode: {text}” is not octal; write for example 0640"
        raise ValueError(message)
    return int(text, 8)


def exit_status(options: Mapping[str, str]) -> int:
    """An exit status from 0 to 255."""
    text = options.get("exit-status", "0")
    if not (text.isascii() and text.isdigit() and int(text) < 256):  # noqa: PLR2004  (POSIX: 8 bits)
        message = f"“:exit-status: {text}” is not a number from 0 to 255"
        raise ValueError(message)
    return int(text)


def comparison(options: Mapping[str, str]) -> Comparison:
    """How outputs are compared."""
    names = tuple(options.get("normalise", "").split())
    for name in names:
        if name not in NAMES:
            message = f"“:normalise: {name}” is no kind of value; {did_you_mean(name, NAMES)}"
            raise ValueError(message)
    return Comparison(names, "any-order" in options)


def per_cent(options: Mapping[str, str], name: str) -> int:
    """A whole number from 0 to 100; 0 without the option, or where its value is missing."""
    text = options.get(name) or "0"  # an option without its value is reported with the others
    if not (text.isascii() and text.isdigit() and int(text) <= 100):  # noqa: PLR2004  (per cent)
        message = f"“:{name}: {text}” is not a whole number from 0 to 100 (per cent, without the sign)"
        raise ValueError(message)
    return int(text)


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owns a file."""

    user: str
    """User name, may hold parameters."""
    group: str
    """Group name, may hold parameters."""


def ownership(options: Mapping[str, str]) -> Ownership:
    """``user`` or ``user:group``."""
    text = options.get("owner", "root:root")
    user, colon, group = text.partition(":")
    group = group if colon else user
    if not all(ACCOUNT.fullmatch(part) for part in (user, group)):
        message = f"“:owner: {text}” is neither “user” nor “user:group”"
        raise ValueError(message)
    return Ownership(user, group)


def step_name(options: Mapping[str, str]) -> str:
    """The name a step must have."""
    name = options.get("name", "")
    if not name:
        message = "a step needs a name; add “:name: some-words” (it is the anchor on the page and the item in pytest)"
        raise ValueError(message)
    if not NAME.fullmatch(name):
        message = f"“:name: {name}” may hold only lower-case letters, digits, “-” and “_”, and begins with a letter"
        raise ValueError(message)
    return name
