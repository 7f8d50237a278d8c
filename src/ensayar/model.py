"""The nouns of the system: an article is blocks; the blocks that act on a machine are its steps.

Plain frozen values, without behaviour that needs docutils, Nikola or a machine. Text is *raw* as it
leaves the front end (parameters still stand as ``@@name@@``) and *resolved* after
:func:`ensayar.parameters.resolve`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a source file; its text form is what editors jump to."""

    path: str
    """The file, relative to the project's root where it lies inside it."""
    line: int
    """The line, counted from 1."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Account(enum.Enum):
    """Who types a command: shown to the reader as the prompt."""

    ROOT = "#"
    USER = "$"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the output that a block shows is compared with what is printed, beyond what its lines say themselves."""

    normalise: tuple[str, ...] = ()
    """Kinds of values, as ``pid``: one in a shown line stands for any of its kind."""
    any_order: bool = False
    """Whether the lines may come in any order."""


EXACTLY = Comparison()
"""Line by line, each value as shown."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that the reader may change, replaced in every block."""

    name: str
    """Lower-case identifier; blocks use it as ``@@name@@``."""
    default: str
    """The value that the article shows and the rehearsal uses."""
    pattern: str
    """Regular expression that a value must match as a whole."""
    description: str
    """One sentence for the reader, in the article's language."""
    location: Location
    """Where it is declared."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command as the reader types it, and the output that the article shows for it."""

    text: str
    """Without prompts; continuation lines and here-documents joined by newlines."""
    account: Account
    """Root's terminal or the login user's."""
    expected: tuple[str, ...]
    """The lines of output as the author wrote them; empty: the article shows none, none is compared."""
    location: Location
    """The line of the prompt."""


@dataclass(frozen=True, slots=True)
class FileStep:
    """A block that the reader saves as a file."""

    name: str
    """Unique in the article; the anchor on the page and the item in pytest."""
    location: Location
    """The line of the directive."""
    path: str
    """Absolute path in the machine; its directory must exist by then, as for the reader's editor."""
    content: str
    """The whole file, ending with a newline."""
    content_line: int
    """The line in the article of the file's first line."""
    owner: str
    """User name."""
    group: str
    """Group name."""
    mode: int
    """Permission bits."""
    replaces: str | None
    """The name of the earlier file step for the same path that this one replaces."""
    language: str
    """The highlighter's name for the language; presentation only."""
    caption: str
    """Presentation only; empty: the path serves."""


@dataclass(frozen=True, slots=True)
class ConsoleStep:
    """A block of commands with the output they should give."""

    name: str
    """Unique in the article; the anchor on the page and the item in pytest."""
    location: Location
    """The line of the directive."""
    commands: tuple[Command, ...]
    """In order; empty only where ``output_of`` is set."""
    timeout: float
    """Seconds that each command may take."""
    wait: float | None
    """Retry until the output matches, for at most this many seconds."""
    background: bool
    """The (single) command stays running in a terminal of its own."""
    output_of: str | None
    """No command: wait until this background step has printed ``expected``."""
    expected: tuple[str, ...]
    """With ``output_of``: the lines that the background step must have printed."""
    stop: bool
    """With ``output_of``: press Ctrl-C in that terminal afterwards."""
    reboot: bool
    """The last command restarts the machine; the step ends when it is up again."""
    exit_status: int
    """What the last command must exit with."""
    caption: str
    """Presentation only."""
    comparison: Comparison = EXACTLY
    """How outputs are compared."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A block that is neither run nor written, for a reason that the page shows."""

    name: str | None
    """Anchor on the page, if the author gave one."""
    location: Location
    """The line of the directive."""
    reason: str
    """Shown to the reader."""
    text: str
    """The block as written."""
    language: str
    """The highlighter's name for the language."""
    caption: str
    """Presentation only."""


Step = FileStep | ConsoleStep
Block = FileStep | ConsoleStep | Skip


@dataclass(frozen=True, slots=True)
class Minimum:
    """How much of itself an article demands to be covered, in per cent; 0 demands nothing."""

    run: int
    """Of the code blocks: run or written, hence not skipped."""
    observed: int
    """Of the steps: observed by a check."""
    location: Location
    """Where it is demanded: the line of the ``rehearse`` directive."""


@dataclass(frozen=True, slots=True)
class Article:
    """One post with executable blocks, in the order in which the reader meets them."""

    slug: str
    """The file's name without extension."""
    source: str
    """The file, relative to the project's root."""
    language: str
    """Language code of the text that generated files show to readers, as ``es``."""
    platform: str
    """What the machine runs, as ``debian-13``."""
    login: str
    """The user of the ``$`` prompt; raw, may hold parameters."""
    versions: tuple[str, ...]
    """What the evidence names the versions of: Debian packages, and ``/venv:distribution``; raw."""
    parameters: tuple[Parameter, ...]
    """In the order of declaration."""
    values: tuple[tuple[str, str], ...]
    """Parameter names and the values put in for them; empty while raw."""
    blocks: tuple[Block, ...]
    """Every code block of the article."""
    minimum: Minimum
    """What must be covered of it."""
    files: tuple[str, ...] = ()
    """All that it was read from, itself first: what it includes, and what it translates."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The blocks that act on the machine."""
        return tuple(block for block in self.blocks if not isinstance(block, Skip))

    @property
    def skips(self) -> tuple[Skip, ...]:
        """The blocks that nothing verifies."""
        return tuple(block for block in self.blocks if isinstance(block, Skip))

    def step(self, name: str) -> Step:
        """The step called *name*; :class:`KeyError` without one."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)
