r"""The syntax of the regular expressions that authors may write.

Characters, ``.``, classes (``[a-z]``, ``[^ ]``, ``\d``, ``\w``, ``\s``), groups, ``|``, and the repetitions ``?``,
``*``, ``+``, ``{2}``, ``{2,}``, ``{2,4}``. Everything else that a regular expression may hold elsewhere is refused: it
would mean something else to Python and to ``grep -P``, or take more time than is known beforehand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LAST = 0x10FFFF
_MOST = 1000
_CLASSES = {"d": ((48, 57),), "w": ((48, 57), (65, 90), (95, 95), (97, 122)), "s": ((9, 9), (11, 13), (32, 32))}
_COUNTED = re.compile(r"\{(\d{1,4})(,?)(\d{0,4})\}", re.ASCII)
_DEPTH = 50
Ranges = tuple[tuple[int, int], ...]


def _escaped(code: int) -> str:
    char = chr(code)
    if char.isascii() and not char.isalnum():
        return f"\\{char}" if char.isprintable() else f"\\x{code:02x}"
    return char


@dataclass(frozen=True, slots=True)
class Characters:
    """One character out of some."""

    ranges: Ranges
    """First and last code points, in order, not touching each other, without the newline."""
    source: str
    """As the author wrote it."""

    @classmethod
    def of(cls, char: str) -> Characters:
        """*char* alone."""
        return cls(((ord(char), ord(char)),), char)

    def meets(self, other: Characters) -> bool:
        """Whether some character is in both."""
        return any(low <= last and first <= high for low, high in self.ranges for first, last in other.ranges)

    def pattern(self) -> str:
        """For Python and PCRE."""
        if _is_single(self.ranges):
            return _escaped(self.ranges[0][0])
        outside = _complement(self.ranges, newline=False)
        negated = len(outside) <= len(self.ranges)  # “.” and “[^a]” stay short
        parts = (
            _escaped(low) if low == high else f"{_escaped(low)}-{_escaped(high)}"
            for low, high in (outside if negated else self.ranges)
        )
        return f"[{'^' if negated else ''}{''.join(parts)}]"


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    items: tuple[Node, ...]
    """In order."""

    def pattern(self) -> str:
        """For Python and PCRE."""
        return "".join(item.pattern() for item in self.items)


@dataclass(frozen=True, slots=True)
class Alternatives:
    """One of several."""

    items: tuple[Node, ...]
    """The earlier is tried first."""

    def pattern(self) -> str:
        """For Python and PCRE."""
        return f"(?:{'|'.join(item.pattern() for item in self.items)})"


@dataclass(frozen=True, slots=True)
class Repetition:
    """The same several times, as often as can be."""

    item: Node
    """What is repeated."""
    least: int
    """How often at least."""
    most: int | None
    """How often at most; ``None``: without end."""

    def pattern(self) -> str:
        """For Python and PCRE."""
        most = "" if self.most is None else str(self.most)
        inner = self.item.pattern() if isinstance(self.item, Characters) else f"(?:{self.item.pattern()})"
        return f"{inner}{{{self.least},{most}}}"


Node = Characters | Sequence | Alternatives | Repetition


def _is_single(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _merged(ranges: list[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _complement(ranges: Ranges, *, newline: bool = True) -> Ranges:
    """Every other character; *newline*: but never the newline."""
    taken = _merged([*ranges, (10, 10)]) if newline else ranges
    result = []
    start = 0
    for low, high in taken:
        if start < low:
            result.append((start, low - 1))
        start = high + 1
    if start <= _LAST:
        result.append((start, _LAST))
    return tuple(result)


ANY_CHARACTER = _complement(())


class _Reader:
    """Reads an expression from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.index = 0
        self.depth = 0

    def peek(self) -> str:
        return self.text[self.index : self.index + 1]

    def take(self) -> str:
        char = self.peek()
        self.index += 1
        return char

    def alternatives(self) -> Node:
        items = [self.sequence()]
        while self.peek() == "|":
            self.take()
            items.append(self.sequence())
        return items[0] if len(items) == 1 else Alternatives(tuple(items))

    def sequence(self) -> Node:
        items: list[Node] = []
        while self.peek() not in ("", "|", ")"):
            items.append(self.repeated(self.item()))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def item(self) -> Node:
        start = self.index
        char = self.take()
        if char == "(":
            return self.group()
        if char == "[":
            ranges = self.character_class()
        elif char == "\\":
            ranges = self.escape()
        elif char == ".":
            ranges = ANY_CHARACTER
        elif char in "^$":
            message = f"holds “{char}”, which is not needed: it always stands for all of its place; remove it"
            raise ValueError(message)
        elif char in "*+?{":
            message = f"holds a “{char}” that repeats nothing; write “\\{char}” for the character"
            raise ValueError(message)
        else:
            ranges = ((ord(char), ord(char)),)
        return Characters(ranges, self.text[start : self.index])

    def group(self) -> Node:
        if self.peek() == "?":
            self.take()
            if self.take() != ":":
                message = "holds a group of a kind that is not the same for all; “( )” and “(?: )” are"
                raise ValueError(message)
        self.depth += 1
        if self.depth > _DEPTH:
            message = f"nests its groups more than {_DEPTH} deep"
            raise ValueError(message)
        node = self.alternatives()
        if self.take() != ")":
            message = "holds a “(” that is not closed; write “\\(” for the character"
            raise ValueError(message)
        self.depth -= 1
        return node

    def escape(self) -> Ranges:
        char = self.take()
        if not char:
            message = "ends in a backslash; write “\\\\” for the character"
            raise ValueError(message)
        if char.lower() in _CLASSES:
            ranges = _CLASSES[char.lower()]
            return ranges if char.islower() else _complement(ranges)
        if char.isalnum() or not char.isascii():
            message = f"holds “\\{char}”, which is not the same for all; write the characters themselves"
            raise ValueError(message)
        return ((ord(char), ord(char)),)

    def character_class(self) -> Ranges:
        negated = self.peek() == "^"
        if negated:
            self.take()
        ranges: list[tuple[int, int]] = []
        while self.peek() != "]" or not ranges:
            if self.peek() in ("", "[", "]"):
                message = "holds a class that is not closed, or a “[” or “]” in one without a backslash"
                raise ValueError(message)
            low = self.class_item()
            if self.peek() == "-" and self.text[self.index + 1 : self.index + 2] not in ("]", ""):
                self.take()
                high = self.class_item()
                if not (_is_single(low) and _is_single(high) and low[0][0] <= high[0][0]):
                    message = "holds a range of characters that is none; write “\\-” for the character"
                    raise ValueError(message)
                ranges.append((low[0][0], high[0][0]))
            else:
                ranges.extend(low)
        self.take()
        merged = _merged(ranges)
        return _complement(merged) if negated else merged

    def class_item(self) -> Ranges:
        char = self.take()
        return self.escape() if char == "\\" else ((ord(char), ord(char)),)

    def repeated(self, item: Node) -> Node:
        char = self.peek()
        counted = _COUNTED.match(self.text, self.index)
        if char in ("?", "*", "+"):
            self.take()
            least, most = {"?": (0, 1), "*": (0, None), "+": (1, None)}[char]
        elif counted:
            self.index = counted.end()
            least = int(counted[1])
            most = (int(counted[3]) if counted[3] else None) if counted[2] else least
            if (most is not None and most < least) or max(least, most or 0) > _MOST:
                message = f"holds “{counted[0]}”, which is no number of times up to {_MOST}"
                raise ValueError(message)
        else:
            return item
        if self.peek() in ("?", "*", "+") or _COUNTED.match(self.text, self.index):
            message = "repeats a repetition; put it into a group, or leave one away"
            raise ValueError(message)
        return Repetition(item, least, most)


def parse(text: str) -> Node:
    """The tree of the expression *text*.

    :raises ValueError: it is none of ours; the message goes on after “the regular expression …”.
    """
    if not text:
        message = "is empty; write one"
        raise ValueError(message)
    reader = _Reader(text)
    node = reader.alternatives()
    if reader.index < len(text):
        message = "holds a “)” that closes nothing; write “\\)” for the character"
        raise ValueError(message)
    return node
