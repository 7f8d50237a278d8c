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
from ensayar.mutation.journal import Known, Published
from ensayar.mutation.published import Noticed, Tried, known, load
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
    return Report(
        article=sound,
        mutants=them,
        verdicts=verdicts,
        bases=bases,
        sound="a" * 64,
        places={"test_a.py::test_a": "test_a.py:30"},
        checks={"test_a.py::test_a": "b" * 64},
        population=population,
        equivalents={},
        problems=(),
        looking=(),
        selection=Selection(),
        limits=limits,
        facts=None,
        finished="2026-11-24",
    )


def tried(report: Report) -> tuple[Tried, Tried]:
    """Of the dropped and the altered ones of *report*, in which the first dropped one survived."""
    dropped = sum(mutant.dropped for mutant in report.mutants)
    altered = len(report.mutants) - dropped
    whole = report.population
    return Tried(dropped - 1, dropped, whole["dropped"]), Tried(altered, altered, whole["altered"])


def test_the_score_of_a_whole_article_is_known(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "mutation.json"
    path.write_text(dump(report), encoding="utf-8")
    jsonschema.validate(json.loads(dump(report)), SCHEMA)
    found = load(path, report.article)
    assert found == Noticed(*tried(report), 0, "2026-11-24")
    assert not found.dropped.drawn


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
    found = load(path, report.article)
    assert found == Noticed(*tried(drawn), 0, "2026-11-24")
    assert found.altered.drawn


def test_what_a_report_knows_comes_back(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "mutation.json"
    assert known(path) == Published()
    last, first = report.mutants[-1].id, report.mutants[0].id
    verdicts = {**report.verdicts, last: Verdict(last, Status.UNDECIDED, None, "", 1.0)}
    bases = {name: basis for name, basis in report.bases.items() if name != first}
    path.write_text(dump(replace(report, verdicts=verdicts, bases=bases)), encoding="utf-8")
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), SCHEMA)
    # the first rests on nothing, the second was too slow on that computer, the last is undecided
    ids = [mutant.id for mutant in report.mutants[2:-1]]
    killer = report.verdicts[ids[0]].killer
    assert killer is not None
    here = replace(killer, place="test_a.py:30")  # where the check stands now
    wanted = {**report.verdicts, ids[0]: replace(report.verdicts[ids[0]], killer=here)}
    found = known(path)
    assert found.verdicts == tuple(Known(wanted[name], report.bases[name]) for name in ids)
    assert found.sound == report.sound
    path.write_text(dump(report), encoding="utf-8")
    assert known(path).digest != found.digest


def test_figures_that_cannot_be_are_no_report(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "mutation.json"
    number = report.population["altered"]
    for old, new in (
        (f'"altered": {number}', '"altered": 0'),
        ('"seconds": 1.0', f'"seconds": {"9" * 400}'),
        ('"offset": 0', '"offset": 1e999'),
    ):
        assert old in dump(report)
        path.write_text(dump(report).replace(old, new), encoding="utf-8")
        with pytest.raises(UsageError, match="no report of “ensayar mutate --json”"):
            load(path, report.article) if "altered" in old else known(path)


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


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "{}", '{"schema": 4}', '{"schema": 3}', '{"schema": 2}', "[" * 100_000]
)
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
