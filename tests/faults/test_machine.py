"""The whole machine: restarted, without power, at another time of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.trial import Trial

pytestmark = pytest.mark.vm


@pytest.fixture
def load(request: pytest.FixtureRequest) -> dict[str, float]:
    """Where power is cut, many are writing."""
    return {"pages": 1, "entries": 4} if "power" in request.node.name else {}


def test_reboot(trial: Trial) -> None:
    trial.strike(lambda: trial.machine.reboot(timeout=240))
    trial.recovers(within=180, whole_within=180)


def test_power_cut_during_writes(trial: Trial) -> None:
    before = len(trial.visitors.acknowledged())
    assert before >= 5, "nobody was writing"
    trial.strike(lambda: trial.machine.power_cut(timeout=240))
    trial.recovers(within=180, whole_within=180)


@pytest.mark.parametrize("jump", ["+1 day", "-1 day"], ids=["forward", "backward"])
def test_clock_jumps(trial: Trial, jump: str) -> None:
    """Timers that follow the clock of the wall would now wait for a day: so a worker is killed right after the jump."""
    worker = trial.workers()[0]
    trial.strike(f"date --set '{jump}' && kill -9 {worker}", gone=[worker])
    trial.recovers(within=5, whole_within=30)
