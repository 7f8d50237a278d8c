"""What runs on the machine, and the hands that reach into it."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ensayar.machine.protocol import Machine, Outcome

WORKER = "con_chaussette.py"

# Every process is there and none of them is stopped: the two workers are children of the circusd that systemd knows,
# Nginx has a worker for each processor, both Redis answer, the lookout looks.
_WHOLE = f"""
systemctl is-active --quiet nginx redis-server muro || exit 1
circusd=$(systemctl show --value --property=MainPID muro)
[ "$(ps --no-headers --format stat,args --ppid "$circusd" | grep -c '^[SRD].*{WORKER}')" = 2 ] || exit 1
[ "$(ps --no-headers --format stat --ppid "$(cat /run/nginx.pid)" | grep -c '^[SRD]')" = "$(nproc)" ] || exit 1
[ "$(REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /etc/redis/redis.conf) timeout 2 redis-cli ping)" = PONG ] || exit 1
[ "$(timeout 2 redis-cli -s /run/muro/freno.sock ping)" = PONG ] || exit 1
pgrep --full vigia.Vigia >/dev/null
"""
_READ = """
import json, sqlite3
base = sqlite3.connect("/var/lib/muro/muro.sqlite3")
print(json.dumps({
    "integrity": [row[0] for row in base.execute("PRAGMA integrity_check")],
    "texts": [row[0] for row in base.execute("SELECT texto FROM muro_mensaje")],
}))
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the database held when all was over."""

    integrity: tuple[str, ...]
    """What ``PRAGMA integrity_check`` said; ``ok`` alone is well."""
    texts: tuple[str, ...]
    """The text of each entry."""


class Deployment:
    """A machine with the finished deployment on it."""

    def __init__(self, machine: Machine, user: str) -> None:
        """*user* runs the application."""
        self.machine = machine
        self.user = user

    def run(self, command: str, *, timeout: float = 60) -> Outcome:
        """Run *command* as root."""
        return self.machine.run(command, timeout=timeout)

    def check_output(self, command: str, *, timeout: float = 60) -> str:
        """What *command* prints, which must succeed."""
        outcome = self.run(command, timeout=timeout)
        assert outcome.exit_status == 0, f"{command}: {outcome.exit_status}\n{outcome.output}"
        return outcome.output.strip()

    def pids(self, command: str) -> tuple[int, ...]:
        """The numbers that *command* prints."""
        return tuple(map(int, self.check_output(command).split()))

    def workers(self) -> tuple[int, ...]:
        """The workers' processes, the eldest first."""
        found = self.pids("pgrep --full -- '[c]on_chaussette.py'")
        assert len(found) == 2, found
        return found

    def is_whole(self, gone: Iterable[int] = ()) -> bool:
        """Whether every process is there, and those that are to be *gone* are not."""
        absent = "".join(f"[ ! -e /proc/{pid} ] || exit 1\n" for pid in gone)
        return self.run(f"{absent}{_WHOLE}", timeout=30).exit_status == 0

    def seen(self) -> Seen:
        """What the database holds now."""
        read = f"runuser -u {self.user} -- python3 -c {shlex.quote(_READ)}"
        found = json.loads(self.check_output(read))
        return Seen(tuple(found["integrity"]), tuple(found["texts"]))
