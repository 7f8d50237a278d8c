"""One of the two stacks at work on the machine, the other one at rest: asked for pages, weighed, disturbed."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from finished.deployment import Deployment
from finished.settled import await_well
from load.generator import CLIENTS, Load
from stacks import direct, measured, processes
from stacks.stack import other

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ensayar.machine.protocol import Machine
    from finished.secure import Site
    from stacks.measured import Disturbance, Pages
    from stacks.processes import Processes
    from stacks.stack import Stack

GUEST = "/opt/stacks"
"""Where the machine has the programs of ``guest/``, which services may read and not write."""
RUN = "/run/stacks"
"""Where these may write."""
CALM_SECONDS = 5.0
"""Before anything is done: the pause that a person makes, and that Circus needs."""
WHOLE_WITHIN = 120.0
TIMEOUT = 3600.0
WARM_UP = 10 * CLIENTS
_SERVED_BY = re.compile(r"Te atendió el proceso (\d+)")


def requests_for(seconds: float, per_second: float) -> int:
    """How many requests last for so many *seconds* where so many are answered *per_second*; as many for each client."""
    return max(1, round(per_second * seconds / CLIENTS)) * CLIENTS


class Running(Deployment):
    """A stack at work."""

    def __init__(self, machine: Machine, user: str, site: Site, stack: Stack) -> None:
        """*user* runs the application of *site*, which is the same in both stacks."""
        super().__init__(machine, user)
        self.stack = stack
        self.site = site

    def start(self) -> float:
        """Start it, and wait until it is well; seconds to the first page."""
        resting = self.run(f"systemctl is-active {other(self.stack).unit}").output.strip()
        assert resting in {"inactive", "failed"}, f"{other(self.stack).unit} is {resting}"
        startup = float(self.guest(f"startup.py {self.stack.unit} {self.site.domain}", timeout=360)["seconds"])
        self.await_whole()
        await_well(self.machine, self.site.domain, self.site.authorities)
        with Load(f"{self.site.url}/", self.site.domain, WARM_UP) as load:
            load.answers(TIMEOUT)
        return startup

    def stop(self) -> None:
        """Stop it: nothing of it is left."""
        self.check_output(f"systemctl stop {self.stack.unit}", timeout=180)
        left = self.processes().all
        assert not left, left

    def guest(self, command: str, *, before: str = "", timeout: float) -> dict[str, Any]:
        """What a program of ``guest/`` prints last, which is JSON; *before* it may stand who runs it."""
        printed = self.check_output(f"{before or 'python3'} {GUEST}/{command}", timeout=timeout)
        found: dict[str, Any] = json.loads(printed.splitlines()[-1])
        return found

    def processes(self) -> Processes:
        """What runs now."""
        return processes.read(self.check_output(processes.LIST.format(unit=self.stack.unit)))

    def workers(self) -> tuple[int, ...]:
        """The workers' processes, the eldest first."""
        return self.processes().of(self.stack.worker.name, self.stack)

    def is_whole(self, gone: Iterable[int] = ()) -> bool:
        """Whether every process is there, and those that are to be *gone* are not."""
        return self.processes().is_whole(self.stack, gone)

    def await_whole(self, gone: Iterable[int] = ()) -> None:
        """Wait until that is so."""
        until = time.monotonic() + WHOLE_WITHIN
        while not self.is_whole(gone):
            assert time.monotonic() < until, f"not whole after {WHOLE_WITHIN:.0f} s: {self.processes()}"
            time.sleep(0.5)

    def await_page(self) -> None:
        """Wait until a page comes."""
        until = time.monotonic() + WHOLE_WITHIN
        while not self.site.get().ok:
            assert time.monotonic() < until, f"no page after {WHOLE_WITHIN:.0f} s"

    def served_by(self) -> int:
        """The process that answers a visitor, as its page says."""
        answer = self.site.get()
        answer.raise_for_status()
        found = _SERVED_BY.search(answer.text)
        assert found is not None, answer.text
        return int(found[1])

    def cpu(self) -> float:
        """Seconds of a processor that the stack has used so far."""
        return int(self.check_output(processes.CPU.format(unit=self.stack.unit))) / 1e6

    def memory(self) -> dict[str, int]:
        """KiB by role; each process of the unit is in one."""
        self.await_whole()
        kib = processes.read_pss(self.check_output(processes.PSS.format(unit=self.stack.unit)))
        found = self.processes()
        by_role = {role.name: sum(kib[pid] for pid in found.of(role.name, self.stack)) for role in self.stack.roles}
        assert sum(by_role.values()) == sum(kib.values()), (found, kib)
        return by_role

    def by_nginx(self, requests: int) -> Pages:
        """So many pages as visitors get them; none may fail."""
        before = self.cpu()
        with Load(f"{self.site.url}/", self.site.domain, requests) as load:
            answers = load.answers(TIMEOUT)
        assert not answers.failed, answers.failed
        return measured.pages(answers.seconds, answers.elapsed, self.cpu() - before)

    def at_socket(self, requests: int) -> Pages:
        """So many pages straight from the workers; none may fail."""
        before = self.cpu()
        command = direct.COMMAND.format(requests=requests, domain=self.site.domain)
        answers = direct.read(self.check_output(command, timeout=TIMEOUT))
        assert not answers.failed, answers.failed
        assert len(answers.seconds) == requests, f"{len(answers.seconds)} of {requests}"
        return measured.pages(answers.seconds, answers.elapsed, self.cpu() - before)

    def disturb(self, command: str, gone: Sequence[int], *, requests: int, at_most: float) -> Disturbance:
        """Do *command* once while so many *requests* come, after which the processes *gone* must not be there.

        *at_most* so many a second come.
        """
        self.await_whole()
        with Load(f"{self.site.url}/", self.site.domain, requests, at_most=at_most) as load:
            time.sleep(CALM_SECONDS)
            assert load.running(), "the requests were over before anything was done"
            begin = time.monotonic()
            self.check_output(command, timeout=180)
            self.await_whole(gone)
            self.await_page()
            seconds = time.monotonic() - begin
            assert load.running(), f"the requests were over before all was well again, which took {seconds:.0f} s"
            answers = load.answers(TIMEOUT)
        self.await_whole(gone)
        return measured.disturbance(answers, seconds)
