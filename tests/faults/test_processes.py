"""What is killed comes back by itself: each process of the deployment, by the signal that nothing survives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.trial import Trial

pytestmark = pytest.mark.vm

# The kernel chooses the process with the highest score, by the same code as when memory really ends (sysrq.rst).
OUT_OF_MEMORY = "echo 1000 >/proc/{pid}/oom_score_adj && echo f >/proc/sysrq-trigger"


@pytest.mark.parametrize("number", [0, 1], ids=["first", "second"])
def test_worker_killed(trial: Trial, number: int) -> None:
    trial.kill([trial.workers()[number]])
    trial.recovers(within=5, whole_within=30)


def test_all_workers_killed(trial: Trial) -> None:
    trial.kill(trial.workers())
    trial.recovers(within=30, whole_within=45)


def test_circusd_killed(trial: Trial) -> None:
    workers = trial.workers()
    circusd = trial.pids("systemctl show --value --property=MainPID muro")
    trial.kill(circusd)
    trial.recovers(within=45, whole_within=60)
    assert not set(trial.workers()) & set(workers), "orphans of the old circusd are still at work"


def test_nginx_master_killed(trial: Trial) -> None:
    trial.kill(trial.pids("cat /run/nginx.pid"))
    trial.recovers(within=15, whole_within=15)


def test_nginx_worker_killed(trial: Trial) -> None:
    trial.kill(trial.pids("pgrep --parent $(cat /run/nginx.pid)")[:1])
    trial.recovers(within=5, whole_within=10)


def test_redis_killed(trial: Trial) -> None:
    trial.kill(trial.pids("systemctl show --value --property=MainPID redis-server"))
    trial.recovers(within=5, whole_within=15)


def test_brake_killed(trial: Trial) -> None:
    """The Redis of the brake: circusd's to replace, and nobody is turned away for want of it."""
    trial.kill(trial.pids("pgrep --full '[r]edis-server unixsocket:'"))
    measured = trial.recovers(within=5, whole_within=30)
    assert (measured.pages_failed, measured.entries_failed) == (0, 0)


def test_lookout_killed(trial: Trial) -> None:
    """The plugin is a process like the others."""
    trial.kill(trial.pids("pgrep --full '[v]igia.Vigia'"))
    measured = trial.recovers(within=5, whole_within=30)
    assert (measured.pages_failed, measured.entries_failed) == (0, 0)


def test_worker_out_of_memory(trial: Trial) -> None:
    circusd = trial.pids("systemctl show --value --property=MainPID muro")
    worker = trial.workers()[0]
    trial.strike(OUT_OF_MEMORY.format(pid=worker), gone=[worker])
    trial.recovers(within=5, whole_within=30)
    assert f"Killed process {worker} " in trial.check_output("dmesg"), "the kernel killed another process"
    assert trial.pids("systemctl show --value --property=MainPID muro") == circusd, "one worker took all with it"
