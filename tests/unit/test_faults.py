"""What tests/faults make of their measurements; the faults themselves need a machine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from faults.measured import FILE_NAME, Measured, alike, document
from faults.table import ROWS, rows
from faults.visitors import Visit, back
from finished.news import save

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "tests" / "faults" / "faults.schema.json").read_text(encoding="utf-8"))
COMMITTED = sorted(ROOT.glob(f"tutorial/*/evidence/{FILE_NAME}"))
MACHINE = {"driver": "qemu", "accelerator": "tcg", "platform": "debian-13", "cpus": 2, "memory": 1536}
KILLED = Measured(
    fault="worker_killed",
    answers=4.0,
    answers_within=5,
    whole=10.0,
    whole_within=30,
    slowest=0.4,
    pages=40,
    pages_failed=1,
    entries=20,
    entries_failed=0,
    lost=0,
)


def text(*results: Measured, day: str = "2026-11-24", **machine: object) -> str:
    return document("deploy", "con-redis", {**MACHINE, **machine}, day, results)


def visits(*described: tuple[float, float, bool]) -> list[Visit]:
    return [Visit(start, end, "", good) for start, end, good in described]


def test_what_is_written_has_the_form_of_the_schema() -> None:
    jsonschema.validate(json.loads(text(KILLED)), SCHEMA, format_checker=jsonschema.FormatChecker())


def test_a_lost_entry_has_no_form() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(text(replace(KILLED, lost=1))), SCHEMA)


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.parts[-3])
def test_what_is_committed_has_that_form_and_keeps_its_bounds(path: Path) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(found, SCHEMA, format_checker=jsonschema.FormatChecker())
    for fault in found["faults"]:
        assert fault["answers"] <= fault["answers_within"], fault
        assert fault["whole"] <= fault["whole_within"], fault


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.parts[-3])
def test_the_article_says_what_was_measured_and_leaves_nothing_out(path: Path) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    named = [name for row in ROWS for name in row.faults]
    assert sorted(named) == sorted(fault["fault"] for fault in found["faults"])
    for language, ending in (("es", "rst"), ("en", "en.rst")):
        article = (ROOT / "posts" / f"{found['article']}.{ending}").read_text(encoding="utf-8")
        assert "\n".join(rows(found["faults"], language)) in article


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (text(KILLED, day="2027-01-01"), True),
        (text(replace(KILLED, answers=2.5, pages=50, pages_failed=3)), True),
        (text(replace(KILLED, whole=12.9)), True),
        (text(replace(KILLED, whole=13.1)), False),
        (text(replace(KILLED, pages_failed=0)), False),
        (text(replace(KILLED, answers_within=6)), False),
        (text(KILLED, replace(KILLED, fault="another")), False),
        (text(KILLED, accelerator="kvm"), False),
    ],
)
def test_only_news_is_written(tmp_path: Path, now: str, *, same: bool) -> None:
    path = tmp_path / "evidence" / FILE_NAME
    before = text(KILLED)
    assert save(path, before, alike)
    assert save(path, now, alike) is not same
    assert path.read_text(encoding="utf-8") == (before if same else now)
    assert alike(json.loads(before), json.loads(now)) is same


def test_a_spoilt_file_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("{", encoding="utf-8")
    assert save(tmp_path / FILE_NAME, text(KILLED), alike)


def test_a_site_that_nobody_misses_is_back_with_its_first_answer() -> None:
    assert back(10, visits((8, 9, False), (9.5, 10.5, True), (10.5, 11, True))) == 1


def test_a_site_is_back_when_nobody_is_turned_away_any_more() -> None:
    assert back(10, visits((10, 11, True), (11, 12, False), (12, 13, False), (13, 14, True), (14, 14.5, True))) == 4


def test_who_was_sent_before_the_last_that_was_turned_away_tells_nothing() -> None:
    assert back(10, visits((11, 15, True), (12, 13, False), (16, 17, True))) == 7


def test_a_site_that_never_answers_is_not_back() -> None:
    assert back(10, visits((10, 11, True), (11, 12, False))) is None
