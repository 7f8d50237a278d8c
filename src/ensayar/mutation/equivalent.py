"""The committed list of mutants that no step and no check can tell from the sound article, each with the reason.

``tests/mutation/<slug>.equivalent.toml``::

    [equivalent]
    "circus-ini:value-changed:0a1b2c3d" = "Circus reads this key and does nothing with it"
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ensayar.errors import Problem, UsageError
from ensayar.model import Location
from ensayar.mutation.verdict import DEAD
from ensayar.parameters import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ensayar.mutation.model import Mutant
    from ensayar.mutation.verdict import Verdict

TABLE = "equivalent"


@dataclass(frozen=True, slots=True)
class Entry:
    """One mutant that is said to be equivalent."""

    location: Location
    """Where the list says so."""
    reason: str
    """Why it cannot be noticed."""


def _line_of(text: str, wanted: str) -> int:
    pattern = re.compile(rf"\s*\[?\s*[\"']?{re.escape(wanted)}[\"']?\s*[\]=]")
    return next((number for number, line in enumerate(text.split("\n"), 1) if pattern.match(line)), 1)


def load(path: Path, root: Path) -> dict[str, Entry]:
    """The list in *path*, by mutant; empty where there is no such file.

    :raises UsageError: it cannot be read as such a list.
    """
    name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except OSError as error:
        message = f"{name}: cannot be read ({error.strerror})"
        raise UsageError(message) from error
    except ValueError as error:
        found = re.search(r"at line (\d+)", str(error))
        message = f"{name}:{found[1] if found else 1}: not TOML ({error})"
        raise UsageError(message) from error
    table = data.get(TABLE, {})
    strays = sorted(set(data) - {TABLE})
    if strays or not isinstance(table, dict):
        message = (
            f"{name}:{_line_of(text, (strays or [TABLE])[0])}: only a table [{TABLE}] of ids and reasons belongs here"
        )
        raise UsageError(message)
    entries = {}
    for mutant, reason in table.items():
        location = Location(name, _line_of(text, mutant))
        if not isinstance(reason, str) or not reason.strip():
            message = f"{location}: “{mutant}” needs a reason: why can nothing notice it?"
            raise UsageError(message)
        entries[mutant] = Entry(location, reason.strip())
    return entries


def strays(entries: Mapping[str, Entry], mutants: Iterable[Mutant]) -> list[Problem]:
    """Entries whose mutant does not exist (any more)."""
    known = {mutant.id for mutant in mutants}
    return [
        Problem(entry.location, f"there is no mutant “{name}”; {_hint(name, known)} or remove the line")
        for name, entry in entries.items()
        if name not in known
    ]


def _hint(name: str, known: set[str]) -> str:
    near = {other for other in known if other.startswith(f"{name.partition(':')[0]}:")}
    return did_you_mean(name, near) if near else "ensayar mutate --list shows those there are,"


def refuted(entries: Mapping[str, Entry], verdicts: Mapping[str, Verdict]) -> list[Problem]:
    """Entries whose mutant was noticed after all."""
    found = []
    for name, entry in entries.items():
        verdict = verdicts.get(name)
        if verdict is not None and verdict.status in DEAD:
            by = f" by {verdict.killer.kind} “{verdict.killer.name}”" if verdict.killer else ""
            found.append(
                Problem(entry.location, f"“{name}” is no equivalent: it was {verdict.status.value}{by}; remove it")
            )
    return found
