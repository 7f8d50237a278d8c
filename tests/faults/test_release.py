"""A release that cannot work is refused: the old one keeps serving, and the way back is one command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faults.trial import Trial

pytestmark = pytest.mark.vm

SOURCE = "/srv/muro/src/muro"
BROKEN = {
    "syntax": f"echo 'esto no es Python' >>{SOURCE}/views.py",
    "import": f"sed -i '1i import lo_que_falta_instalar' {SOURCE}/urls.py",
    "settings": f"sed -i 's/MURO_REDIS/MURO_REDDIS/' {SOURCE}/settings.py",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_release_does_not_start(trial: Trial, broken: str) -> None:
    workers = trial.workers()
    trial.check_output(f"cp -a {SOURCE} /root/antes")
    trial.strike(BROKEN[broken])
    assert trial.run("systemctl reload muro", timeout=120).exit_status != 0, "the broken release was taken"
    assert trial.workers() == workers, "the old release is not what serves"
    assert trial.check_output("systemctl is-active muro") == "active"
    # the way back
    trial.mend(f"cp -a /root/antes/. {SOURCE}/ && systemctl reload muro")
    measured = trial.recovers(within=5, whole_within=60)
    assert (measured.pages_failed, measured.entries_failed) == (0, 0)
    assert not set(trial.workers()) & set(workers)
