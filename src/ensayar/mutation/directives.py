"""Faults in configuration files: one directive at a time is lost or has another value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ensayar.mutation import values
from ensayar.mutation.model import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY_VALUE = re.compile(r"(?P<key>\s*(?:export\s+)?[^\s=:;#\[][^=:]*?)(?P<sign>\s*[=:]\s*)(?P<value>.*)")
_QUOTED_OR_NOT = r"(?:\"[^\"]*\"|'[^']*'|[^;{}\"'])*"
_NGINX = re.compile(rf"(?P<indent>\s*)(?P<key>[a-z_]\w*)(?P<arguments>(?:\s{_QUOTED_OR_NOT})?);\s*(?:#.*)?")
COMMENT = ("#", ";", "//", "--")


def lost(lines: list[str], first: int, last: int, operator: str) -> Edit:
    """The text of *lines* without those from *first* to *last*."""
    before = "\n".join(lines[first : last + 1])
    return Edit(operator, first, before, "", "\n".join(lines[:first] + lines[last + 1 :]))


def changed(lines: list[str], index: int, new: str, operator: str) -> Edit:
    """The text of *lines* with *new* in the place of one of them."""
    return Edit(operator, index, lines[index], new, "\n".join([*lines[:index], new, *lines[index + 1 :]]))


def _last_of(lines: list[str], index: int) -> int:
    """The last line of the entry that begins at *index*: it goes on after a backslash, or indented."""
    last = index
    indent = len(lines[index]) - len(lines[index].lstrip())
    while last + 1 < len(lines):
        following = lines[last + 1]
        deeper = following.strip() and len(following) - len(following.lstrip()) > indent
        if not lines[last].endswith("\\") and not deeper:
            break
        last += 1
    return last


def key_values(text: str) -> Iterator[Edit]:
    """``key = value`` files: ini, systemd's units, environments."""
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        match = _KEY_VALUE.fullmatch(lines[index])
        prose = match is not None and match["key"].strip().lower() in values.PROSE
        if match is None or prose or lines[index].lstrip().startswith(COMMENT):
            index += 1
            continue
        last = _last_of(lines, index)
        yield lost(lines, index, last, "directive-lost")
        if last == index:
            for operator, new in values.another(match["key"].strip(), match["value"].rstrip()):
                yield changed(lines, index, match["key"] + match["sign"] + new, operator)
        index = last + 1


def _block_end(lines: list[str], index: int) -> int | None:
    depth = 0
    for number in range(index, len(lines)):
        bare = re.sub(r"\"[^\"]*\"|'[^']*'|#.*", "", lines[number])
        depth += bare.count("{") - bare.count("}")
        if depth == 0:
            return number
    return None


def _nginx_arguments(key: str, arguments: str) -> tuple[str, str] | None:
    """Operator and the arguments with one of them changed: the first that another value is known for."""
    words = re.findall(r"\s+|\"[^\"]*\"|'[^']*'|\S+", arguments)
    for index, word in enumerate(words):
        new: tuple[tuple[str, str], ...]
        if key == "listen" and word.isdigit():
            new = (("port-changed", str(int(word) + 1)),)
        elif key == "return" and word.isdigit():
            new = (("value-changed", "404" if word != "404" else "403"),)
        else:
            new = values.another(key, word) if word.strip() else ()
        if new:
            operator, value = new[0]
            return operator, "".join([*words[:index], value, *words[index + 1 :]])
    return None


def nginx(text: str) -> Iterator[Edit]:
    """Nginx's configuration: directives, and whole blocks."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        match = _NGINX.fullmatch(line)
        if match is not None:
            yield lost(lines, index, index, "directive-lost")
            found = _nginx_arguments(match["key"], match["arguments"])
            if found:
                start, end = match.span("arguments")
                yield changed(lines, index, line[:start] + found[1] + line[end:], found[0])
        elif line.rstrip().endswith("{") and not line.lstrip().startswith("#"):
            last = _block_end(lines, index)
            if last is not None:
                yield lost(lines, index, last, "block-lost")


def tmpfiles(text: str) -> Iterator[Edit]:
    """Lines of tmpfiles.d: type, path, mode, user, group, age."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        yield lost(lines, index, index, "directive-lost")
        words = re.findall(r"\s+|\S+", line)
        fields = [place for place, word in enumerate(words) if word.strip()]
        for number, place in enumerate(fields):
            for operator, new in _field(number, words[place]):
                yield changed(lines, index, "".join([*words[:place], new, *words[place + 1 :]]), operator)


def _field(number: int, word: str) -> tuple[tuple[str, str], ...]:
    if word == "-":
        return ()
    if number == 1:
        new = values.path(word)
        return (("path-changed", new),) if new else ()
    if number == 2:  # noqa: PLR2004  (the third column)
        return values.modes(word)
    if number == 3:  # noqa: PLR2004  (the fourth)
        return (("owner-changed", values.user(word)),)
    return (("group-changed", values.group(word)),) if number == 4 else ()  # noqa: PLR2004  (the fifth)


def plain(text: str, *, wanted: re.Pattern[str] | None = None, operator: str = "line-lost") -> Iterator[Edit]:
    """Any other text: one line is lost, of those that match *wanted* (default: all but blanks and comments)."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if wanted.search(line) if wanted else line.strip() and not line.lstrip().startswith(COMMENT):
            yield lost(lines, index, index, operator)
