"""The score that a page may show: only that of the whole article as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from ensayar.errors import UsageError
from ensayar.mutation.generate import mutants
from ensayar.mutation.journal import Known
from ensayar.mutation.published import Noticed, known, load
from ensayar.mutation.report import Report, dump
from ensayar.mutation.selection import Selection
from ensayar.mutation.verdict import Killer, Status, Verdict
from ensayar.parameters import resolve

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.model import Article

SCHEMA = json.loads((files("ensayar") / "schemas" / "mutation.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def report(article: Article) -> Report:
    """A run over the whole article in which the first mutant survived and the second was too slow."""
    sound = resolve(article)
    them = mutants(sound)
    assert len(them) >= 4
    how = [Status.SURVIVED, Status.TIMED_OUT, *[Status.KILLED] * len(them)]
    verdicts = {mutant.id: Verdict(mutant.id, status, None, "", 1.0) for mutant, status in zip(them, how, strict=False)}
    killer = Killer("step", sound.steps[-1].name, sound.steps[-1].name, "", 2)
    verdicts[them[1].id] = replace(verdicts[them[1].id], killer=killer)
    check = Killer("check", "test_a.py::test_a", sound.steps[0].name, "test_a.py:3", 0)
    verdicts[them[2].id] = replace(verdicts[them[2].id], killer=check)
    bases = {mutant.id: f"{number:064x}" for number, mutant in enumerate(them)}
    population = {"dropped": sum(mutant.dropped for mutant in them), "altered": sum(not each.dropped for each in them)}
    limits = {"factor": 5.0, "floor": 30.0, "at_most": None}
    return Report(sound, them, verdicts, bases, population, {}, (), (), Selection(), limits, None, "2026-11-24")


def test_the_score_of_a_whole_article_is_known(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "mutation.json"
    path.write_text(dump(report), encoding="utf-8")
    jsonschema.validate(json.loads(dump(report)), SCHEMA)
    count = len(report.mutants)
    assert load(path, report.article) == Noticed(count - 1, count, count, 0, "2026-11-24")


def test_without_a_report_nothing_is_known(article: Article, tmp_path: Path) -> None:
    assert load(tmp_path / "mutation.json", resolve(article)) is None


@pytest.mark.parametrize(
    "wanted",
    [
        Selection(steps=("a",)),
        Selection(operators=("x",)),
        Selection(only="dropped"),
        Selection(only="dropped", sample=3),
    ],
)
def test_a_score_of_some_mutants_is_not_that_of_the_article(report: Report, tmp_path: Path, wanted: Selection) -> None:
    path = tmp_path / "mutation.json"
    path.write_text(dump(replace(report, selection=wanted)), encoding="utf-8")
    assert load(path, report.article) is None


def test_a_score_of_a_sample_says_of_how_many(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "mutation.json"
    drawn = replace(report, mutants=report.mutants[:3], selection=Selection(sample=3, seed=1))
    path.write_text(dump(drawn), encoding="utf-8")
    assert load(path, report.article) == Noticed(2, 3, len(report.mutants), 0, "2026-11-24")


def test_what_a_report_knows_comes_back(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "mutation.json"
    assert known(path) == ()
    last, first = report.mutants[-1].id, report.mutants[0].id
    verdicts = {**report.verdicts, last: Verdict(last, Status.UNDECIDED, None, "", 1.0)}
    bases = {name: basis for name, basis in report.bases.items() if name != first}
    path.write_text(dump(replace(report, verdicts=verdicts, bases=bases)), encoding="utf-8")
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), SCHEMA)
    ids = [mutant.id for mutant in report.mutants[1:-1]]  # the first rests on nothing, the last is undecided
    assert known(path) == tuple(Known(report.verdicts[name], report.bases[name]) for name in ids)


@pytest.mark.parametrize("status", [Status.UNDECIDED, Status.ERROR, None])
def test_a_mutant_without_a_verdict_leaves_no_score(report: Report, tmp_path: Path, status: Status | None) -> None:
    path = tmp_path / "mutation.json"
    last = report.mutants[-1].id
    verdicts = {name: verdict for name, verdict in report.verdicts.items() if name != last}
    if status is not None:
        verdicts[last] = Verdict(last, status, None, "", 1.0)
    path.write_text(dump(replace(report, verdicts=verdicts)), encoding="utf-8")
    assert load(path, report.article) is None


def test_a_score_does_not_outlive_the_steps_it_was_found_with(report: Report, article: Article, tmp_path: Path) -> None:
    path = tmp_path / "mutation.json"
    path.write_text(dump(report), encoding="utf-8")
    other = resolve(article, {"user": "otro"})
    assert load(path, other) is None
    assert load(path, replace(report.article, blocks=report.article.blocks[1:])) is None
    assert load(path, replace(report.article, platform="debian-12")) is None
    assert load(path, replace(report.article, login="otro")) is None
    data: dict[str, Any] = json.loads(dump(report))
    del data["digest"]  # of a time when it was not written
    path.write_text(json.dumps(data), encoding="utf-8")
    jsonschema.validate(data, SCHEMA)
    assert load(path, report.article) is None


@pytest.mark.parametrize("text", ["", "[]", "3", "{}", '{"schema": 3}', '{"schema": 2}', "[" * 100_000])
def test_what_is_no_such_report_is_said_in_one_line(article: Article, tmp_path: Path, text: str) -> None:
    path = tmp_path / "mutation.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="no report of “ensayar mutate --json”") as caught:
        load(path, resolve(article))
    assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="no report of “ensayar mutate --json”"):
        known(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError, match=r"cannot be read \(Is a directory\)"):
        load(path, resolve(article))
