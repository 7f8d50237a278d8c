"""Inventories of a real machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ensayar import inventory
from ensayar.machine.qemu import resume

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ensayar.machine.virtual import QemuMachine

pytestmark = pytest.mark.vm

STEP = """
touch '/root/a file
with a line'
chown nobody:nogroup '/root/a file
with a line'
ln -s /etc/passwd /root/link
chmod 600 /etc/issue
mkdir /srv/new
groupadd extras
printf '[Service]\\nExecStart=/bin/sleep 1000\\n' >/etc/systemd/system/sleeper.service
systemctl daemon-reload
systemctl start sleeper
perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalPort => 8123, Listen => 5); print "ready\\n"; sleep 1000' \
    >/root/ready 2>/dev/null &
until test -s /root/ready || ! kill -0 $!; do sleep .1; done
"""


@pytest.fixture
def machine(kept: Path) -> Iterator[QemuMachine]:
    """Of this test's own: what the step does is in the way of other tests."""
    with resume(kept) as resumed:
        yield resumed


def test_what_a_step_has_done_is_seen(machine: QemuMachine) -> None:
    before = inventory.take(machine)
    assert before["packages"]["dash"]
    assert before["files"]["/etc/passwd"].startswith("f 644 root:root ")
    machine.terminal("root").run(STEP.replace('print "ready', '$| = 1; print "ready'), timeout=60)
    changes = {(change.kind, change.name): change for change in inventory.compare(before, inventory.take(machine))}
    assert changes["files", "/root/a file\nwith a line"].sign == "+"
    assert "nobody:nogroup" in (changes["files", "/root/a file\nwith a line"].after or "")
    assert (changes["files", "/root/link"].after or "").endswith(" /etc/passwd")
    assert changes["files", "/etc/issue"].sign == "~"
    assert changes["files", "/srv/new"].sign == "+"
    assert changes["accounts", "group extras"].sign == "+"
    assert changes["units", "sleeper.service"].after == "active running"
    assert any(kind == "sockets" and ":8123" in name and change.sign == "+" for (kind, name), change in changes.items())
    assert not [name for kind, name in changes if kind == "packages"]
    assert not [name for kind, name in changes if name.startswith(("/proc", "/sys", "/run/ensayar"))]
