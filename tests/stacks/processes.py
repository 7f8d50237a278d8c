"""What runs below a unit, read from what the kernel and ``ps`` say of its control group."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stacks.stack import Stack

_GROUP = "/sys/fs/cgroup/system.slice/{unit}.service"
LIST = (
    "systemctl show --value --property=MainPID {unit}\n"
    f"pids=$(paste --serial --delimiters=, {_GROUP}/cgroup.procs 2>/dev/null)\n"
    '[ -z "$pids" ] || ps -ww --no-headers --format pid,ppid,stat,args --pid "$pids" || true'
)
"""Prints what :func:`read` reads, of the ``{unit}``."""
PSS = f"cd /proc && awk '/^Pss:/ {{{{print FILENAME, $2}}}}' $(sed 's|$|/smaps_rollup|' {_GROUP}/cgroup.procs)"
"""Prints what :func:`read_pss` reads: the memory of each process, what it shares with others divided among them."""
CPU = f"sed -n 's/^usage_usec //p' {_GROUP}/cpu.stat"
"""Prints the microseconds of a processor that the unit's processes have used since it started."""
_AT_WORK = frozenset("RSDI")
STRANGER = "?"


@dataclass(frozen=True, slots=True)
class Process:
    """A process below a unit."""

    pid: int
    parent: int
    """Number of the process that it is a child of."""
    state: str
    """As ``ps`` says it; the first letter tells whether it runs, sleeps, is stopped or dead."""
    command: str
    """Its command line."""


@dataclass(frozen=True, slots=True)
class Processes:
    """All of them at one moment."""

    main: int
    """The one that systemd keeps; 0: none."""
    all: tuple[Process, ...]

    def role(self, process: Process, stack: Stack) -> str:
        """What *process* is in *stack*; :data:`STRANGER`: nothing that belongs there."""
        parents = {each.pid: each.parent for each in self.all}
        depth, pid = 0, process.pid
        while pid != self.main and pid in parents:
            depth, pid = depth + 1, parents[pid]
        fitting = (
            role.name
            for role in stack.roles
            if pid == self.main and role.depth == depth and re.search(role.pattern, f"{process.command} ")
        )
        return next(fitting, STRANGER)

    def of(self, role: str, stack: Stack) -> tuple[int, ...]:
        """The numbers of those that are *role* in *stack*, the eldest first."""
        return tuple(sorted(each.pid for each in self.all if self.role(each, stack) == role))

    def is_whole(self, stack: Stack, gone: Iterable[int] = ()) -> bool:
        """Whether each process of *stack* is there and at work, none is too many, and none is one of those *gone*."""
        wanted = {role.name: role.count for role in stack.roles}
        return (
            Counter(self.role(each, stack) for each in self.all) == wanted
            and all(each.state[:1] in _AT_WORK for each in self.all)
            and not {each.pid for each in self.all} & set(gone)
        )


def read(printed: str) -> Processes:
    """What :data:`LIST` printed."""
    main, *lines = printed.splitlines()
    fields = (line.split(maxsplit=3) for line in lines)
    return Processes(
        int(main), tuple(Process(int(pid), int(parent), state, command) for pid, parent, state, command in fields)
    )


def read_pss(printed: str) -> dict[int, int]:
    """KiB of each process, by its number, from what :data:`PSS` printed."""
    pairs = (line.split() for line in printed.splitlines())
    return {int(name.partition("/")[0]): int(kib) for name, kib in pairs}
