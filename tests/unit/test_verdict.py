"""What an article that was edited is told about its last rehearsal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ensayar.digest import step_digest
from ensayar.evidence import Evidence, MachineEvidence, StepEvidence
from ensayar.model import FileStep
from ensayar.parameters import resolve
from ensayar.verdict import Standing, change, stale, verdicts

if TYPE_CHECKING:
    from ensayar.model import Article


@pytest.fixture
def sound(article: Article) -> Article:
    return resolve(article)


@pytest.fixture
def evidence(sound: Article) -> Evidence:
    steps = tuple(
        StepEvidence(step.name, "file", str(step.location), step_digest(step), "passed", 1.0, (), ())
        for step in sound.steps
    )
    machine = MachineEvidence("qemu", "tcg", sound.platform, "", 1, 1, ())
    return Evidence(sound.slug, sound.source, "passed", "2026-11-23T22:31:00+00:00", 1.0, {}, {}, machine, steps, ())


def edited(article: Article, number: int) -> Article:
    """*article* with another name for step *number*'s effect."""
    step = article.steps[number]
    other = replace(step, content="otra\n") if isinstance(step, FileStep) else replace(step, timeout=9.0)
    return replace(article, blocks=tuple(other if block is step else block for block in article.blocks))


def test_what_was_rehearsed_needs_no_word(sound: Article, evidence: Evidence) -> None:
    known = verdicts(sound, evidence)
    assert {verdict.standing for verdict in known.values()} == {Standing.VERIFIED}
    assert change(sound, known) is None
    assert not stale(known, evidence)


@pytest.mark.parametrize("number", [0, 1, -1])
def test_the_first_step_that_changed_is_named_with_its_place(
    sound: Article, evidence: Evidence, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENSAYAR_COMMAND", "./dev ensayar")
    article = edited(replace(sound, source="posts/con blancos.rst"), number)
    step = article.steps[number]
    count = len(article.steps) - article.steps.index(step)
    known = verdicts(article, evidence)
    assert stale(known, evidence)
    assert str(change(article, known)) == (
        f"{step.location}: step “{step.name}”: it has changed since the rehearsal of 2026-11-23, and {count} of "
        f"{len(article.steps)} steps are not verified; rehearse it: ./dev ensayar rehearse 'posts/con blancos.rst'"
    )


def test_where_a_step_went_what_came_after_it_is_named(sound: Article, evidence: Evidence) -> None:
    article = replace(sound, blocks=tuple(block for block in sound.blocks if block is not sound.steps[0]))
    found = change(article, verdicts(article, evidence))
    assert found is not None
    assert found.location == article.steps[0].location
    assert "what comes before it has changed since" in found.message


def test_another_platform_is_another_machine(sound: Article, evidence: Evidence) -> None:
    article = replace(sound, platform="debian-12")
    found = change(article, verdicts(article, evidence))
    assert found is not None
    assert f"{len(article.steps)} of {len(article.steps)} steps" in found.message


def test_a_last_step_that_went_takes_nothing_from_the_others(sound: Article, evidence: Evidence) -> None:
    article = replace(sound, blocks=tuple(block for block in sound.blocks if block is not sound.steps[-1]))
    known = verdicts(article, evidence)
    assert change(article, known) is None
    assert stale(known, evidence)  # its record tells of more


def test_without_a_rehearsal_nothing_can_be_stale(sound: Article) -> None:
    assert change(sound, verdicts(sound, None)) is None


@pytest.mark.parametrize("started", ["", "\x1b[31m\nayer", "2026"])
def test_a_record_s_date_is_not_passed_on_unread(sound: Article, evidence: Evidence, started: str) -> None:
    article = edited(sound, 0)
    found = change(article, verdicts(article, replace(evidence, started=started)))
    assert found is not None
    assert "it has changed since its rehearsal, and" in found.message


def test_a_step_of_an_earlier_rehearsal_has_the_date_of_that_one(sound: Article, evidence: Evidence) -> None:
    first, *others = evidence.steps
    reused = replace(evidence, steps=(replace(first, recorded="2026-11-20T08:00:00+00:00"), *others))
    found = verdicts(sound, reused)
    assert found[first.name].started == "2026-11-20T08:00:00+00:00"
    assert {found[step.name].started for step in others} == {evidence.started}
