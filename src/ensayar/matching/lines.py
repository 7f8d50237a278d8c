"""One line that an article shows against one line that the machine printed.

A shown line is a row of tokens: text that stands for itself, ``...``, named normalisers, and regular expressions
(``<re:[0-9a-f]+>``). A wildcard ends at the first place where what follows it (up to the next wildcard) fits, and what
it has found is not looked for again: that keeps the time for a line proportional to its length.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ensayar.matching.expressions import MAX_WAYS, expression
from ensayar.matching.kinds import NORMALISERS, values_in
from ensayar.parameters import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ANY = "..."
OPENING = "<re:"
MAX_LINE = 4000
"""Characters; a longer line matches no regular expression."""
BLANKS = " \t\r\x0b\x0c"
_TOKEN = re.compile("|".join([r"<re:(?:\\.|[^\\>])*>", re.escape(ANY), *map(re.escape, NORMALISERS)]))


class Sort(enum.Enum):
    """What a token stands for."""

    TEXT = "text"
    ANYTHING = "anything"
    VALUE = "value"
    EXPRESSION = "expression"


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of a shown line."""

    sort: Sort
    """What it stands for."""
    text: str
    """As the article shows it."""
    pattern: str
    """What it matches, for Python and PCRE."""
    name: str
    """For people: the normaliser, the expression, the text."""


@lru_cache(maxsize=4096)
def tokens(shown: str, normalise: tuple[str, ...] = ()) -> tuple[Token, ...]:
    """The tokens of a shown line; with *normalise* literal values of these kinds stand for any value of theirs.

    An expression that cannot be used stands for itself; :func:`line_problem` says so where articles are read.
    """
    return tuple(tokens_of(shown.rstrip(BLANKS), normalise))


def tokens_of(shown: str, normalise: tuple[str, ...]) -> Iterator[Token]:
    """The tokens of a part of a shown line, blanks at its end included."""
    position = 0
    for match in _TOKEN.finditer(shown):
        token = _special(match[0])
        if token is not None:
            yield from _literal(shown[position : match.start()], normalise)
            yield token
            position = match.end()
    yield from _literal(shown[position:], normalise)


def _special(text: str) -> Token | None:
    if text == ANY:
        return Token(Sort.ANYTHING, text, ".*", text)
    if text in NORMALISERS:
        return Token(Sort.VALUE, text, f"(?:{NORMALISERS[text]}|{text})", text)
    source = text.removeprefix(OPENING).removesuffix(">")
    try:
        return Token(Sort.EXPRESSION, text, expression(source).pattern, source)
    except ValueError:
        return None


def _literal(text: str, normalise: tuple[str, ...]) -> Iterator[Token]:
    position = 0
    for start, end, name in values_in(text, normalise):
        yield from _text(text[position:start])
        value = text[start:end]
        yield Token(Sort.VALUE, value, f"(?:{NORMALISERS[name]}|{_quoted(value)})", name)
        position = end
    yield from _text(text[position:])


def _text(text: str) -> Iterator[Token]:
    if text:
        yield Token(Sort.TEXT, text, _quoted(text), text)


def _quoted(text: str) -> str:
    return re.escape(text).replace("\\ ", " ")  # a blank means itself, and deploy.sh is for readers


def assembled(row: Sequence[Token], *, capture: bool = False) -> str:
    """The regular expression for a line of these tokens; *capture*: with a group for each."""
    segments = [""]
    wild: list[str] = []
    for token in row:
        if token.sort is Sort.ANYTHING:
            segments.append("")
            wild.append("")
        else:
            segments[-1] += f"({token.pattern})" if capture else token.pattern
    first, *others = segments
    opening, closing = ("(", ")") if capture else ("", "")
    bounded = any(token.sort is Sort.EXPRESSION for token in row)
    if bounded:
        first = f"(?!.{{{MAX_LINE + 1}}})" + (f"(?>{first})" if others and first else first)
    if not others:
        return first
    # atomic groups: what a wildcard has found is not looked for again, else k wildcards cost length to the power of k
    middle = "".join(f"(?>{opening}.*?{closing}{item})" if item else opening + closing for item in others[:-1])
    return f"{first}{middle}{opening}.*{closing}{others[-1]}"


def line_pattern(shown: str, normalise: tuple[str, ...] = ()) -> str:
    """The regular expression (Python's and PCRE's alike) for one shown line."""
    return assembled(tokens(shown, normalise))


@lru_cache(maxsize=4096)
def compiled(shown: str, normalise: tuple[str, ...] = ()) -> re.Pattern[str]:
    """:func:`line_pattern`, with a group for each token."""
    return re.compile(assembled(tokens(shown, normalise), capture=True), re.ASCII)


def line_matches(shown: str, seen: str, normalise: tuple[str, ...] = ()) -> bool:
    """Whether *seen* is a line that *shown* describes."""
    if ANY not in shown and "<" not in shown and not normalise:
        return shown.rstrip(BLANKS) == seen
    return compiled(shown, normalise).fullmatch(seen) is not None


def stretches(shown: str, seen: str, normalise: tuple[str, ...] = ()) -> list[tuple[Token, int, int]] | None:
    """Where in *seen* each token of *shown* stands; ``None`` where the line does not match."""
    match = compiled(shown, normalise).fullmatch(seen)
    if match is None:
        return None
    return [(token, *match.span(group)) for group, token in enumerate(tokens(shown, normalise), start=1)]


def stands_for_lines(shown: str) -> bool:
    """Whether the line stands for any number of lines."""
    return shown.strip() == ANY


def lines_of(output: str) -> list[str]:
    """The lines of a machine's output as they are compared: ends trimmed, no empty lines at the end."""
    lines = [line.rstrip(BLANKS) for line in output.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def line_problem(shown: str) -> str | None:
    """What is wrong with a line of expected output that holds a regular expression, in words."""
    if OPENING not in shown:
        return None
    if OPENING in _TOKEN.sub("", shown):
        return f"“{OPENING}” without “>” at the end of the regular expression; “\\>” is a > in it"
    found = [match[0] for match in _TOKEN.finditer(shown)]
    between = _TOKEN.split(shown)[1:]
    ways = 1
    try:
        for index, (text, after) in enumerate(zip(found, between, strict=True)):
            beside = found[index + 1] if index + 1 < len(found) and not after else ""
            ways *= _ways(text, after, beside)
    except ValueError as error:
        return str(error)
    if ways > MAX_WAYS:
        return f"the regular expressions of this line leave open too many ways ({ways}, at most {MAX_WAYS})"
    return None


def _ways(text: str, after: str, beside: str) -> int:
    """How many ways the token *text* leaves open with the literal *after* and, where that is empty, *beside* behind it.

    :raises ValueError: it cannot be used there.
    """
    if beside and ANY not in (text, beside) and any(item.startswith(OPENING) for item in (text, beside)):
        message = f"nothing between “{text}” and “{beside}”; write what stands there, or one expression for both"
        raise ValueError(message)
    if not text.startswith(OPENING):
        return 1
    source = text.removeprefix(OPENING).removesuffix(">")
    if MARK.search(source):
        message = f"the regular expression “{source}” holds a parameter; write it outside, with a text between"
        raise ValueError(message)
    if MARK.match(after):
        message = f"nothing between “{text}” and the parameter after it; write what stands there"
        raise ValueError(message)
    try:
        return expression(source, after.partition("@@")[0]).ways
    except ValueError as error:
        message = f"the regular expression “{source}” {error}"
        raise ValueError(message) from error
