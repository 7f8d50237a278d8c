"""What tests/load make of their measurements; the load itself needs a machine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from load.generator import Answers, Load, read
from load.measured import FILE_NAME, Measured, document, measure
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
    measured="2026-11-27",
)


def text(*results: Measured, before: str | None = None, **machine: object) -> str:
    head = {"article": "deploy", "after": "con-redis", "machine": {**MACHINE, **machine}}
    return document(head, results, before)


def operations(text: str) -> dict[str, Any]:
    return {each["operation"]: each for each in json.loads(text)["operations"]}


def test_who_was_not_answered_has_no_line_and_counts_all_the_same() -> None:
    table = HEAD + "0.5,0,0,0,0,0,200,0.1\n0.25,0,0,0,0,0,502,0.5\n0.1,0,0,0,0,0,200,0.2\n"
    assert read(table, 5, 10) == Answers({"502": 1, "no answer": 2}, [0.1, 0.5], 10, 0.25)


def test_site_is_away_from_the_first_that_fails_to_the_end_of_the_last() -> None:
    rows = ["1,0,0,0,0,0,502,7.25", "0.5,0,0,0,0,0,200,8", "0.5,0,0,0,0,0,504,2", "3,0,0,0,0,0,502,6"]
    assert read(HEAD + "\n".join(rows) + "\n", 4, 10).away == 7
    assert read(HEAD + rows[1] + "\n", 1, 10).away == 0


def test_figures() -> None:
    seconds = [float(number) for number in range(1, 102)]
    found = measure("reload", 3, Answers({"502": 1, "no answer": 2}, seconds, 50), "2026-11-27")
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
        measured="2026-11-27",
    )


def test_a_site_that_never_answered_has_no_figures() -> None:
    with pytest.raises(AssertionError, match="nothing came"):
        measure("reload", 3, Answers({"502": 1000}, [], 50), "2026-11-27")


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
    for name, each in operations(path.read_text(encoding="utf-8")).items():
        assert each["failed"] == sum(each["failures"].values()), name
        assert each["requests"] >= 10_000, name
        assert name not in LOSSLESS or each["failed"] == 0, name


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.parts[-3])
def test_the_article_says_what_was_measured_and_leaves_nothing_out(path: Path) -> None:
    found = json.loads(path.read_text(encoding="utf-8"))
    assert {row.operation for row in ROWS} >= {each["operation"] for each in found["operations"]}
    for language, ending in (("es", "rst"), ("en", "en.rst")):
        article = (ROOT / "posts" / f"{found['article']}.{ending}").read_text(encoding="utf-8")
        assert "\n".join(rows(found["operations"], language)) in article


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (replace(RELOADED, measured="2027-01-01"), True),
        (replace(RELOADED, times=22, slowest=5.1, per_second=28.0), True),
        (replace(RELOADED, slowest=5.3), False),
        (replace(RELOADED, failed=1, failures={"502": 1}), False),
        (replace(RELOADED, requests=20_000), False),
    ],
)
def test_only_news_changes_the_file(now: Measured, *, same: bool) -> None:
    before = text(RELOADED)
    after = text(now, before=before)
    assert (after == before) is same
    assert after == text(RELOADED if same else now)


def test_what_was_not_measured_again_stays() -> None:
    other = replace(RELOADED, operation="scale", measured="2026-11-01")
    before = text(other, RELOADED)
    assert list(operations(before)) == ["reload", "scale"]
    slower = replace(RELOADED, slowest=9.0)
    assert text(slower, before=before) == text(slower, other)


@pytest.mark.parametrize("before", ["", "{", "[]", '{"schema": 1}', text(RELOADED, accelerator="kvm")])
def test_what_cannot_be_compared_goes(before: str) -> None:
    scaled = replace(RELOADED, operation="scale")
    assert list(operations(text(scaled, before=before))) == ["scale"]


def test_rows_are_those_of_what_was_measured() -> None:
    scaled = replace(RELOADED, operation="scale", failed=1, failures={"502": 1})
    assert rows(operations(text(scaled, RELOADED)).values()) == [
        "   * - Recargar todos a la vez: ``circusctl reload web``\n     - 20\n     - 0 de 10.000\n     - 4,0 s",
        "   * - Un worker más y uno menos: ``incr``, ``decr``\n     - 20\n     - 1 de 10.000\n     - 4,0 s",
    ]
    assert rows(operations(text(RELOADED)).values(), "en") == [
        "   * - Reload all at once: ``circusctl reload web``\n     - 20\n     - 0 of 10,000\n     - 4.0 s",
    ]
