"""Results by key: kept whole, forgotten where they are old, damaged or of another code."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from ensayar.checkpoints.ledger import Ending, Ledger, Result, Run
from ensayar.evidence import CheckEvidence
from ensayar.machine.protocol import Adaptation, MachineFacts

if TYPE_CHECKING:
    from pathlib import Path

KEY = "a" * 64
RESULT = Result(1.0, 2.0, 0.5, (Run(0, "hola\n", 0.25), Run(None, "", 1.0)), "background-1")
CHECK = CheckEvidence("tests/test_a.py::test_x[1]", "It is there.", passed=True, duration=0.1)
ENDING = Ending(
    MachineFacts("qemu", "tcg", "debian-13", "f" * 64, 2, 1536, (Adaptation("ca", "Two."),)), {"nginx": "1.26"}
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "results", fresh=lambda born: born >= 1.0)


def test_a_result_comes_back_as_it_was(ledger: Ledger) -> None:
    assert ledger.result(KEY) is None
    ledger.keep_result(KEY, RESULT)
    assert ledger.result(KEY) == RESULT
    assert ledger.result("b" * 64) is None


def test_a_check_comes_back_where_its_code_is_the_same(ledger: Ledger) -> None:
    ledger.keep_result(KEY, RESULT)
    ledger.keep_check(KEY, CHECK, "code", 1.0)
    ledger.keep_ending(KEY, ENDING)
    assert ledger.check(KEY, CHECK.name, "code") == CHECK
    assert ledger.check(KEY, CHECK.name, "other code") is None
    assert ledger.check(KEY, "another", "code") is None
    assert (ledger.result(KEY), ledger.ending(KEY)) == (RESULT, ENDING)


def test_a_step_that_was_played_again_on_the_way_keeps_its_checks(ledger: Ledger) -> None:
    ledger.keep_result(KEY, RESULT)
    ledger.keep_check(KEY, CHECK, "code", 1.0)
    ledger.keep_result(KEY, RESULT)
    assert ledger.check(KEY, CHECK.name, "code") == CHECK


def test_what_has_failed_is_not_known_any_more(ledger: Ledger) -> None:
    ledger.keep_result(KEY, RESULT)
    ledger.keep_check(KEY, CHECK, "code", 1.0)
    ledger.forget_check(KEY, "another")
    assert ledger.check(KEY, CHECK.name, "code") == CHECK
    ledger.forget_check(KEY, CHECK.name)
    assert ledger.check(KEY, CHECK.name, "code") is None
    assert ledger.result(KEY) == RESULT
    ledger.forget_result(KEY)
    assert ledger.result(KEY) is None


def test_what_is_too_old_is_not_known(ledger: Ledger) -> None:
    ledger.keep_result(KEY, Result(0.5, time.time(), 0.5, (), None))
    ledger.keep_check(KEY, CHECK, "code", 0.5)
    assert ledger.result(KEY) is None
    assert ledger.check(KEY, CHECK.name, "code") is None


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", '{"version": 1, "step": {"surprise": 1}, "checks": {}}', '{"version": 0, "step": null}'],
)
def test_a_damaged_file_is_as_none_and_is_written_over(ledger: Ledger, damage: str) -> None:
    ledger.keep_result(KEY, RESULT)
    (path,) = ledger.directory.iterdir()
    path.write_text(damage, encoding="utf-8")
    assert ledger.result(KEY) is None
    assert ledger.check(KEY, CHECK.name, "code") is None
    assert ledger.ending(KEY) is None
    ledger.keep_result(KEY, RESULT)
    assert ledger.result(KEY) == RESULT


def test_a_result_that_cannot_be_kept_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("in the way", encoding="utf-8")
    ledger = Ledger(tmp_path / "results", fresh=lambda _born: True)
    ledger.keep_result(KEY, RESULT)
    assert ledger.result(KEY) is None


def test_only_the_owner_may_read_what_machines_printed(ledger: Ledger) -> None:
    ledger.keep_result(KEY, RESULT)
    (path,) = ledger.directory.iterdir()
    assert (path.stat().st_mode & 0o777, ledger.directory.stat().st_mode & 0o777) == (0o600, 0o700)
    assert json.loads(path.read_text(encoding="utf-8"))["version"] == 1


def test_to_clear_is_to_forget(ledger: Ledger) -> None:
    ledger.keep_result(KEY, RESULT)
    ledger.tidy(1000)
    assert ledger.result(KEY) == RESULT
    ledger.clear()
    assert ledger.result(KEY) is None
