"""The benchmark's figures: their verdicts, their JSON, and the page that is made of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench import page
from bench.model import SHORT, WITHIN, Figure, Report, Section, load, ratio, seconds
from bench.sections import TITLES

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "bench"


def section(key: str = "d", **machine: str) -> Section:
    figures = (seconds("no edit", [1.5, 1.25, 9.0], 2.0), ratio("one ÷ the other", 2.5, 2.0), seconds("other", [0.5]))
    return Section(key, "No edit", "2026-11-24", "0123456789", machine or {"Processor": "one"}, figures)


@pytest.mark.parametrize(
    ("value", "bound", "verdict"), [(1.0, None, ""), (1.0, 1.0, WITHIN), (0.5, 1.0, WITHIN), (1.0001, 1.0, SHORT)]
)
def test_a_figure_is_within_its_bound_or_falls_short(value: float, bound: float | None, verdict: str) -> None:
    assert Figure("it", value, "s", "once", (), bound).verdict == verdict


@pytest.mark.parametrize(("value", "verdict"), [(97.9, SHORT), (98.0, WITHIN), (100.0, WITHIN), (101.0, SHORT)])
def test_a_figure_may_have_to_be_large_enough(value: float, verdict: str, tmp_path: Path) -> None:
    figure = Figure("points", value, "", "once", (), 100, 98)
    assert figure.verdict == verdict
    assert Figure("points", value, "", "once", (), None, 98).verdict == (WITHIN if value >= 98 else SHORT)
    one = replace(section(), figures=(figure,))
    assert "≥ 98, ≤ 100" in page.included(one)
    report = Report({"d": one})
    (tmp_path / "figures.json").write_text(report.dump(), encoding="utf-8")
    assert load(tmp_path / "figures.json").sections == report.sections


def test_several_measurements_count_as_their_median() -> None:
    figure = seconds("it", [3.0, 1.0, 100.0])
    assert (figure.value, figure.how, figure.samples) == (3.0, "median of 3", (3.0, 1.0, 100.0))
    assert seconds("it", [3.0]).how == "once"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    report = Report()
    report.add(section("d"))
    report.add(section("a"))
    path = tmp_path / "figures.json"
    path.write_text(report.dump(), encoding="utf-8")
    assert load(path).sections == report.sections
    assert [each["key"] for each in json.loads(report.dump())["sections"]] == ["a", "d"]
    assert json.loads(report.dump())["sections"][0]["figures"][1]["verdict"] == SHORT


def test_without_a_file_nothing_was_measured(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json").sections == {}


def test_figures_of_two_machines_are_not_mixed() -> None:
    report = Report()
    assert report.add(section("a")) == ()
    assert report.add(section("b")) == ()
    assert report.add(section("b", Processor="another")) == ("a",)
    assert set(report.sections) == {"b"}


def test_a_measurement_that_is_repeated_replaces_the_one_before() -> None:
    report = Report()
    report.add(section("a"))
    later = replace(section("a"), measured="2026-11-25")
    assert report.add(later) == ()
    assert report.sections == {"a": later}


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (0.0123, "0.012"), (1.234, "1.23"), (12.34, "12.3"), (627.44, "627"), (12345.6, "12,346"), (2.0, "2")],
)
def test_a_number_has_the_digits_that_mean_something(value: float, shown: str) -> None:
    assert page.number(value) == shown


def test_the_table_for_the_page_says_what_falls_short_and_how_it_was_measured() -> None:
    lines = [line.strip(" *-") for line in page.included(section()).splitlines()]
    first = lines.index("no edit")
    assert lines[first : first + 5] == ["no edit", "1.50 s", "≤ 2 s", WITHIN, "median of 3 (1.25 to 9)"]
    assert SHORT in lines
    assert "Measured on 2026-11-24, commit ``0123456789``." in lines


def test_the_page_is_what_the_committed_figures_say() -> None:
    report = load(DOCS / "figures.json")
    for name, text in page.files(report, TITLES).items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, f"docs/bench/{name} was not written by ./dev bench"


def test_the_page_shows_every_section() -> None:
    text = (ROOT / "docs" / "bench.rst").read_text(encoding="utf-8")
    assert [key for key in TITLES if f"include:: bench/{key}.inc" not in text] == []
    assert f"include:: bench/{page.MACHINE}" in text
