"""What tests/load make of their measurements; the load itself needs a machine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from finished.news import save
from load.generator import Answers, Load, read
from load.measured import FILE_NAME, Measured, alike, document, measure
from load.table import ROWS, rows

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "tests" / "load" / "load.schema.json").read_text(encoding="utf-8"))
COMMITTED = sorted(ROOT.glob(f"tutorial/*/evidence/{FILE_NAME}"))
LOSSLESS = {"reload", "reload_sequential", "scale", "release", "nginx_reload"}
MACHINE = {"driver": "qemu", "accelerator": "tcg", "platform": "debian-13", "cpus": 2, "memory": 1536}
HEAD = "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset\n"
RELOADED = Measured(
    operation="reload",
    times=20,
    requests=10_000,
    failed=0,
    failures={},
    per_second=30.0,
    median=0.2,
    p99=2.0,
    slowest=4.0,
)


def text(*results: Measured, day: str = "2026-11-27", **machine: object) -> str:
    return document("deploy", "con-redis", {**MACHINE, **machine}, day, results)


def test_who_was_not_answered_has_no_line_and_counts_all_the_same() -> None:
    table = HEAD + "0.5,0,0,0,0,0,200,0.1\n0.2,0,0,0,0,0,502,0.1\n0.1,0,0,0,0,0,200,0.2\n"
    assert read(table, 5, 10) == Answers({"502": 1, "no answer": 2}, [0.1, 0.5], 10)


def test_figures() -> None:
    seconds = [float(number) for number in range(1, 102)]
    found = measure("reload", 3, Answers({"502": 1, "no answer": 2}, seconds, 50))
    assert found == Measured(
        operation="reload",
        times=3,
        requests=104,
        failed=3,
        failures={"502": 1, "no answer": 2},
        per_second=2.0,
        median=51.0,
        p99=100.0,
        slowest=101.0,
    )


def test_a_site_that_never_answered_has_no_figures() -> None:
    with pytest.raises(AssertionError, match="nothing came"):
        measure("reload", 3, Answers({"502": 1000}, [], 50))


def test_a_number_of_requests_that_would_not_be_sent_is_refused() -> None:
    with pytest.raises(AssertionError, match="fewer"):
        Load("http://127.0.0.1/", "muro.example", 1001)


def test_what_is_written_has_the_form_of_the_schema() -> None:
    lost = replace(RELOADED, operation="worker_killed", failed=3, failures={"502": 1, "no answer": 2})
    jsonschema.validate(json.loads(text(RELOADED, lost)), SCHEMA, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.parts[-3])
def test_what_is_committed_has_that_form_and_lost_nothing(path: Path) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(found, SCHEMA, format_checker=jsonschema.FormatChecker())
    operations = {each["operation"]: each for each in found["operations"]}
    assert operations.keys() > LOSSLESS
    for name, each in operations.items():
        assert each["failed"] == sum(each["failures"].values()), name
        assert each["requests"] >= 10_000, name
        assert name not in LOSSLESS or each["failed"] == 0, name


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.parts[-3])
def test_the_article_says_what_was_measured_and_leaves_nothing_out(path: Path) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    assert sorted(row.operation for row in ROWS) == sorted(each["operation"] for each in found["operations"])
    for language, ending in (("es", "rst"), ("en", "en.rst")):
        article = (ROOT / "posts" / f"{found['article']}.{ending}").read_text(encoding="utf-8")
        assert "\n".join(rows(found["operations"], language)) in article


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (text(RELOADED, day="2027-01-01"), True),
        (text(replace(RELOADED, times=22, slowest=5.1, per_second=28.0)), True),
        (text(replace(RELOADED, slowest=5.3)), False),
        (text(replace(RELOADED, failed=1, failures={"502": 1})), False),
        (text(replace(RELOADED, requests=20_000)), False),
        (text(RELOADED, replace(RELOADED, operation="another")), False),
        (text(RELOADED, accelerator="kvm"), False),
    ],
)
def test_only_news_is_written(tmp_path: Path, now: str, *, same: bool) -> None:
    path = tmp_path / "evidence" / FILE_NAME
    before = text(RELOADED)
    assert save(path, before, alike)
    assert save(path, now, alike) is not same
    assert path.read_text(encoding="utf-8") == (before if same else now)
