"""Redis is away: the site answers without its counter, and has it again when Redis is back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.trial import Trial

pytestmark = pytest.mark.vm

AWAY_SECONDS = 10.0
REDIS = "$(systemctl show --value --property=MainPID redis-server)"


def _is_missed(trial: Trial) -> None:
    """All pages come, in a moment, and say that there is no counter."""
    away = time.monotonic()
    time.sleep(AWAY_SECONDS)
    assert "Sin contador." in trial.visitors.fetch().text
    pages = [visit for visit in trial.visitors.pages() if visit.start >= away]
    assert len(pages) > AWAY_SECONDS
    assert all(visit.good for visit in pages), pages
    assert max(visit.end - visit.start for visit in pages) < 5


def test_redis_stopped(trial: Trial) -> None:
    trial.strike("systemctl stop redis-server")
    _is_missed(trial)
    trial.mend("systemctl start redis-server")
    trial.recovers(within=5, whole_within=30)
    assert "Visita número" in trial.visitors.fetch().text


def test_redis_hangs(trial: Trial) -> None:
    """Worse than none: it takes connections and says nothing."""
    trial.strike(f"kill -STOP {REDIS}")
    _is_missed(trial)
    trial.mend(f"kill -CONT {REDIS}")
    trial.recovers(within=5, whole_within=30)
    assert "Visita número" in trial.visitors.fetch().text
