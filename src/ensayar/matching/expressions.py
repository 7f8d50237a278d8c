r"""Regular expressions as authors may write them: a part of the language that means the same everywhere and is quick.

What comes in is the text between ``<re:`` and ``>``; what goes out is the same expression in a form that Python's
``re`` and PCRE (``grep -P``) read alike: ``\d`` is ``[0-9]``, no class holds the newline, groups capture nothing.

No expression can hang a rehearsal, because only those are let in whose way is decided by the next character: inside
a repetition never two places of the expression may want the same character ("one-unambiguous", Brüggemann-Klein and
Wood 1998, tested on Glushkov's automaton); outside, choices are let in as long as all of them together are fewer than
``MAX_WAYS``. Trying one way takes time proportional to the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import prod

from ensayar.matching.syntax import Alternatives, Characters, Node, Repetition, Sequence, parse

MAX_WAYS = 1000
MAX_PLACES = 1000
MAX_SUCCESSORS = 5000


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that may be used."""

    source: str
    """As the author wrote it."""
    pattern: str
    """For Python and PCRE."""
    ways: int
    """How many ways through it one text may have at most."""


@dataclass(slots=True)
class _Automaton:
    """Glushkov's: a state for each place of the expression where a character is taken."""

    places: list[Characters] = field(default_factory=list)
    following: list[list[int]] = field(default_factory=list)
    """For each place those that may come next; one that may come in two ways stands there twice."""
    successors: int = 0

    def join(self, ends: list[int], starts: list[int]) -> None:
        self.successors += len(ends) * len(starts)
        if self.successors > MAX_SUCCESSORS:
            message = "is too large; write less of it, or use “...”"
            raise ValueError(message)
        for end in ends:
            self.following[end].extend(starts)


@dataclass(frozen=True, slots=True)
class _Part:
    """Where a part of the expression begins and ends in the automaton."""

    first: list[int]
    last: list[int]
    empty: bool


_NOTHING = _Part([], [], empty=True)


def _build(node: Node, automaton: _Automaton) -> _Part:
    if isinstance(node, Characters):
        if len(automaton.places) >= MAX_PLACES:
            message = f"repeats too much; at most {MAX_PLACES} characters all counted, or “*” and “+”"
            raise ValueError(message)
        automaton.places.append(node)
        automaton.following.append([])
        place = len(automaton.places) - 1
        return _Part([place], [place], empty=False)
    if isinstance(node, Sequence):
        whole = _NOTHING
        for item in node.items:
            whole = _then(whole, _build(item, automaton), automaton)
        return whole
    if isinstance(node, Alternatives):
        parts = [_build(item, automaton) for item in node.items]
        return _Part(
            [place for part in parts for place in part.first],
            [place for part in parts for place in part.last],
            any(part.empty for part in parts),
        )
    return _repeated(node, automaton)


def _then(one: _Part, other: _Part, automaton: _Automaton) -> _Part:
    automaton.join(one.last, other.first)
    return _Part(
        one.first + (other.first if one.empty else []),
        other.last + (one.last if other.empty else []),
        one.empty and other.empty,
    )


def _repeated(node: Repetition, automaton: _Automaton) -> _Part:
    """x{2,4} as x x (x (x)?)?, and x{2,} as x x+."""
    if node.most is None:
        copies = max(node.least, 1)
        loop = True
    else:
        copies, loop = node.most, False
    parts = [_build(node.item, automaton) for _ in range(copies)]
    if not parts:
        return _NOTHING
    if loop:
        if parts[-1].empty:
            message = "repeats something that may be nothing; let it take at least one character"
            raise ValueError(message)
        automaton.join(parts[-1].last, parts[-1].first)
    whole = _NOTHING
    for index in range(copies - 1, -1, -1):
        whole = _then(parts[index], whole, automaton)
        if index >= node.least:
            whole = replace(whole, empty=True)
    return whole


def _cyclic(automaton: _Automaton) -> set[int]:
    """The places that can come after themselves."""
    found = set()
    for start, following in enumerate(automaton.following):
        seen: set[int] = set()
        todo = list(following)
        while todo and start not in seen:
            place = todo.pop()
            if place not in seen:
                seen.add(place)
                todo.extend(automaton.following[place])
        if start in seen:
            found.add(start)
    return found


def _competing(choices: list[int], automaton: _Automaton) -> tuple[int, tuple[Characters, Characters] | None]:
    """How many of *choices* may want one character at most, and two that do."""
    most, example = 1, None
    for index, one in enumerate(choices):
        rivals = [
            other
            for position, other in enumerate(choices)
            if position != index and automaton.places[one].meets(automaton.places[other])
        ]
        if len(rivals) + 1 > most:
            most, example = len(rivals) + 1, (automaton.places[one], automaton.places[rivals[0]])
    return most, example


def _ways(node: Node) -> int:
    automaton = _Automaton()
    start = _build(node, automaton).first
    cyclic = _cyclic(automaton)
    degrees = [_competing(start, automaton)[0]]
    for place, following in enumerate(automaton.following):
        degree, example = _competing(following, automaton)
        if example and place in cyclic:
            one, other = sorted(item.source for item in example)
            both = f"“{one}” and “{other}” may" if one != other else f"“{one}” may in two ways"
            message = (
                f"goes on in more than one way after “{automaton.places[place].source}”, where {both} take the same "
                "character; let the next character decide, or use “...”"
            )
            raise ValueError(message)
        degrees.append(degree)
    return prod(degrees)


@lru_cache(maxsize=1024)
def expression(source: str, following: str = "") -> Expression:
    """The expression *source*, which the literal text *following* comes after.

    :raises ValueError: it cannot be used; the message goes on after “the regular expression …”.
    """
    node = parse(source)
    literal = [Characters.of(char) for char in following]
    ways = _ways(Sequence((node, *literal)))
    if ways > MAX_WAYS:
        message = f"leaves open too many ways ({ways}, at most {MAX_WAYS}); let the next character decide"
        raise ValueError(message)
    return Expression(source, f"(?:{node.pattern()})", ways)
