"""Results by key: kept whole, forgotten where they are old, damaged or of another code."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ensayar.checkpoints.ledger import Ending, Ledger, Result, Run, Seen
from ensayar.evidence import CheckEvidence
from ensayar.machine.protocol import Adaptation, MachineFacts

if TYPE_CHECKING:
    from pathlib import Path

KEY = "a" * 64
RESULT = Result(1.0, 2.0, 0.5, (Run(0, "hola\n", 0.25), Run(None, "", 1.0)), "background-1", "this", "before")
CHECK = CheckEvidence("tests/test_a.py::test_x[1]", "It is there.", passed=True, duration=0.1)
SEEN = Seen(CHECK, 1.0)
ENDING = Ending(
    MachineFacts("qemu", "tcg", "debian-13", "f" * 64, 2, 1536, (Adaptation("ca", "Two."),)),
    ("nginx", "redis-server"),
    {"nginx": "1.26"},
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
    ledger.keep_check(KEY, SEEN, "code", "this")
    ledger.keep_ending(KEY, ENDING, "this")
    assert ledger.check(KEY, CHECK.name, "code", "this") == SEEN
    assert ledger.check(KEY, CHECK.name, "other code", "this") is None
    assert ledger.check(KEY, "another", "code", "this") is None
    assert (ledger.result(KEY), ledger.ending(KEY, "this")) == (RESULT, ENDING)


def test_what_was_seen_after_another_playing_is_not_known(ledger: Ledger) -> None:
    ledger.keep_result(KEY, RESULT)
    ledger.keep_check(KEY, SEEN, "code", "this")
    ledger.keep_ending(KEY, ENDING, "this")
    assert ledger.check(KEY, CHECK.name, "code", "that") is None
    assert ledger.ending(KEY, "that") is None
    ledger.keep_result(KEY, replace(RESULT, token="that"))  # noqa: S106  (no secret)
    assert ledger.check(KEY, CHECK.name, "code", "this") is None
    assert ledger.ending(KEY, "this") is None


def test_two_processes_that_add_to_one_file_lose_nothing(ledger: Ledger) -> None:
    ledger.keep_result(KEY, RESULT)
    names = [f"check-{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:  # each opens the lock by itself, as processes do
        for name in names:
            pool.submit(ledger.keep_check, KEY, Seen(replace(CHECK, name=name), 1.0), "code", "this")
    assert [name for name in names if ledger.check(KEY, name, "code", "this") is None] == []


def test_what_has_failed_is_not_known_any_more(ledger: Ledger) -> None:
    ledger.keep_result(KEY, RESULT)
    ledger.keep_check(KEY, SEEN, "code", "this")
    ledger.forget_check(KEY, "another")
    assert ledger.check(KEY, CHECK.name, "code", "this") == SEEN
    ledger.forget_check(KEY, CHECK.name)
    assert ledger.check(KEY, CHECK.name, "code", "this") is None
    assert ledger.result(KEY) == RESULT
    ledger.forget_result(KEY)
    assert ledger.result(KEY) is None


def test_what_is_too_old_is_not_known(ledger: Ledger) -> None:
    ledger.keep_result(KEY, replace(RESULT, born=0.5))
    ledger.keep_check(KEY, replace(SEEN, finished=0.5), "code", "this")
    assert ledger.result(KEY) is None
    assert ledger.check(KEY, CHECK.name, "code", "this") is None


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", '{"version": 2, "step": {"surprise": 1}, "checks": {}}', '{"version": 0, "step": null}'],
)
def test_a_damaged_file_is_as_none_and_is_written_over(ledger: Ledger, damage: str) -> None:
    ledger.keep_result(KEY, RESULT)
    (path,) = ledger.directory.glob("*.json")
    path.write_text(damage, encoding="utf-8")
    assert ledger.result(KEY) is None
    assert ledger.check(KEY, CHECK.name, "code", "this") is None
    assert ledger.ending(KEY, "this") is None
    ledger.keep_result(KEY, RESULT)
    assert ledger.result(KEY) == RESULT


def test_a_result_that_cannot_be_kept_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("in the way", encoding="utf-8")
    ledger = Ledger(tmp_path / "results", fresh=lambda _born: True)
    ledger.keep_result(KEY, RESULT)
    assert ledger.result(KEY) is None


def test_only_the_owner_may_read_what_machines_printed(ledger: Ledger) -> None:
    ledger.keep_result(KEY, RESULT)
    (path,) = ledger.directory.glob("*.json")
    assert (path.stat().st_mode & 0o777, ledger.directory.stat().st_mode & 0o777) == (0o600, 0o700)
    assert json.loads(path.read_text(encoding="utf-8"))["version"] == 2


def test_to_clear_is_to_forget(ledger: Ledger) -> None:
    ledger.keep_result(KEY, RESULT)
    ledger.tidy(1000)
    assert ledger.result(KEY) == RESULT
    ledger.clear()
    assert ledger.result(KEY) is None
