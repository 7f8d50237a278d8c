"""What there is in a machine (files, packages, units, listening sockets, accounts), and what differs between two times.

For an author who wants to see what a step has done, hence what a check could look at. Files of the kernel's own file
systems and of the engine are left out; whether a file has changed is told by size, time of change, owner and mode.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ensayar.errors import InfrastructureError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ensayar.machine.protocol import Machine

SECONDS = 300.0
MANY = 12
"""Changes of one kind in one directory beyond which they are only counted."""
KINDS = ("files", "packages", "units", "sockets", "accounts")
_MARK = "@@ensayar-part@@"
# find(1): type, mode, owner, size, modification time, target of a link, path. /run has the sockets; what lives there of
# systemd's and ours changes all the time.
_COMMANDS = {
    "files": (
        r"find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /run \) -prune "
        r"-o -printf '%y %m %u:%g %s %T@ %l\t%p\0'; "
        r"find /run /tmp -xdev \( -path /run/ensayar -o -path /run/systemd -o -path /run/udev -o -path /run/user \) "
        r"-prune -o -printf '%y %m %u:%g %s - %l\t%p\0'"
    ),
    # dpkg-query knows no \0, and neither a version nor a name has a line's end
    "packages": r"dpkg-query --show --showformat='${Version}\t${Package}\n' | tr '\n' '\0'",
    "units": (
        "systemctl list-units --all --plain --no-legend --no-pager --full --type=service,socket,timer "
        r"""| awk '{printf "%s %s\t%s%c", $3, $4, $1, 0}'; """
        "systemctl list-unit-files --plain --no-legend --no-pager --full --type=service,socket,timer "
        r"""| awk '{printf "%s\t%s (at boot)%c", $2, $1, 0}'"""
    ),
    "sockets": (
        r"""ss --no-header --listening --tcp --udp --numeric --processes """
        r"""| sed -E 's/,(pid|fd)=[0-9]+//g' | awk '{printf "%s\t%s %s%c", $7, $1, $5, 0}'; """
        r"""ss --no-header --listening --unix --processes """
        r"""| sed -E 's/,(pid|fd)=[0-9]+//g' | awk '$5 ~ /^\// {printf "%s\t%s %s%c", $9, $1, $5, 0}'"""
    ),
    "accounts": (
        r"""awk -F: '{printf "%s:%s %s %s\tuser %s%c", $3, $4, $6, $7, $1, 0}' /etc/passwd; """
        r"""awk -F: '{printf "%s %s\tgroup %s%c", $3, $4, $1, 0}' /etc/group"""
    ),
}


@dataclass(frozen=True, slots=True)
class Change:
    """Something that differs."""

    kind: str
    """One of :data:`KINDS`."""
    name: str
    """Path, package, unit, socket or account."""
    before: str | None
    """Its facts at the first time; ``None``: it was not there."""
    after: str | None
    """Its facts at the second time; ``None``: it is gone."""

    @property
    def sign(self) -> str:
        """``+`` added, ``-`` removed, ``~`` changed."""
        return "+" if self.before is None else "-" if self.after is None else "~"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


Inventory = dict[str, dict[str, str]]
"""Kind to name to facts."""


def take(machine: Machine) -> Inventory:
    """What there is in *machine* now.

    :raises InfrastructureError: it does not say.
    """
    script = "; ".join(f"printf '{_MARK}\\0'; {command}" for command in _COMMANDS.values())
    outcome = machine.run(f"export LC_ALL=C.UTF-8; {script}", timeout=SECONDS)
    parts = outcome.output.split(f"{_MARK}\0")[1:]
    if outcome.exit_status is None or len(parts) != len(_COMMANDS):
        message = f"the machine's inventory could not be taken: {outcome.output[-200:].strip()}"
        raise InfrastructureError(message, "run the command again")
    return {kind: _parsed(part) for kind, part in zip(_COMMANDS, parts, strict=True)}


def _parsed(part: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in part.split("\0"):
        facts, tab, name = item.rpartition("\t") if "\t/" not in item else item.partition("\t")
        if tab:
            found[name.strip()] = facts.strip()
    return found


def compare(before: Inventory, after: Inventory) -> tuple[Change, ...]:
    """What differs, kind by kind, by name."""
    return tuple(
        Change(kind, name, before[kind].get(name), after[kind].get(name))
        for kind in KINDS
        for name in sorted({*before[kind], *after[kind]})
        if _essence(kind, before[kind].get(name)) != _essence(kind, after[kind].get(name))
    )


def _essence(kind: str, facts: str | None) -> str | None:
    """A directory's size and time change with what is in it, which is listed itself."""
    if kind == "files" and facts is not None and facts.startswith("d "):
        return " ".join(facts.split(" ")[:3])
    return facts


def lines(changes: tuple[Change, ...]) -> Iterator[str]:
    """*changes* for people: many in one directory are counted."""
    for kind in KINDS:
        of_kind = [change for change in changes if change.kind == kind]
        if not of_kind:
            continue
        yield f"{kind}:"
        groups: dict[tuple[str, str], list[Change]] = {}
        for change in of_kind:
            parent = _top(change.name) if kind == "files" else ""
            groups.setdefault((parent, change.sign), []).append(change)
        for (parent, sign), group in groups.items():
            if kind == "files" and len(group) > MANY:
                yield f"  {sign} {parent}/…  {len(group)} files"
            else:
                yield from (f"  {change.sign} {change.name}{_facts(change)}" for change in group)


def _top(path: str) -> str:
    """The first three parts of *path*: what belongs together for a reader."""
    return "/".join(path.split("/")[:4]) if path.count("/") > 3 else path.rpartition("/")[0]  # noqa: PLR2004


def _facts(change: Change) -> str:
    def shown(facts: str) -> str:
        if change.kind != "files":
            return facts
        kind, mode, owner, size, _, *link = facts.split(" ", 5)
        more = f" → {link[0]}" if link and link[0] else f" {size} bytes" if kind == "f" else ""
        return f"{_TYPES.get(kind, kind)} {mode} {owner}{more}"

    if change.before is None or change.after is None:
        return f"  {shown(change.after or change.before or '')}".rstrip()
    before, after = shown(change.before), shown(change.after)
    return f"  {before} → {after}" if before != after else f"  {after} (content)"


_TYPES: Mapping[str, str] = {"f": "file", "d": "directory", "l": "link", "s": "socket", "p": "pipe"}
