"""What a verdict rests on: an edit invalidates what it can touch, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ensayar.model import FileStep
from ensayar.mutation.basis import Basis, Conditions, checks_digest
from ensayar.mutation.generate import mutants, with_step
from ensayar.mutation.verdict import Killer, Status, Verdict
from ensayar.parameters import resolve

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.model import Article

STANDARD = Conditions("i", "all", {"t::first": "1", "t::last": "2"}, (5.0, 30.0), {})


def basis(article: Article, **other: object) -> Basis:
    return Basis(article, mutants(article), replace(STANDARD, **other))  # type: ignore[arg-type]  # any of them


@pytest.fixture
def sound(article: Article) -> Article:
    """A resolved article."""
    return resolve(article)


def edited(article: Article, number: int) -> Article:
    """With another file in the first file step from step *number* on."""
    step = next(each for each in article.steps[number:] if isinstance(each, FileStep))
    return with_step(article, replace(step, mode=step.mode ^ 0o1))


def verdicts(article: Article) -> dict[str, Verdict]:
    """On the first mutant, by who noticed it."""
    name, first = mutants(article)[0].id, article.steps[0].name
    found = {
        "step": Verdict(name, Status.KILLED, Killer("step", first, first, "", 1), "", 1.0),
        "check": Verdict(name, Status.KILLED, Killer("check", "t::first", first, "t:1", 0), "", 1.0),
        "time": Verdict(name, Status.TIMED_OUT, Killer("step", first, first, "", 1), "", 1.0),
        "stray": Verdict(name, Status.KILLED, Killer("check", "t::stray", "", "t:9", 0), "", 1.0),
        "nobody": Verdict(name, Status.SURVIVED, None, "", 1.0),
        "undecided": Verdict(name, Status.UNDECIDED, None, "", 1.0),
    }
    assert all(basis(article).of(verdict) for verdict in found.values())
    return found


def holding(before: Basis, after: Basis, article: Article) -> set[str]:
    return {key for key, each in verdicts(article).items() if before.of(each) == after.of(each)}


def test_what_comes_after_the_killer_does_not_matter(sound: Article) -> None:
    assert holding(basis(sound), basis(edited(sound, 1)), sound) == {"step", "check", "time"}
    assert basis(sound).whole != basis(edited(sound, 1)).whole


def test_what_comes_before_does(sound: Article) -> None:
    later = replace(sound, blocks=tuple(reversed(sound.blocks)))
    assert holding(basis(sound), basis(later), sound) == set()
    for other in (replace(sound, platform="debian-12"), replace(sound, login="otro")):
        assert holding(basis(sound), basis(other), sound) == set()
    assert holding(basis(sound), basis(sound, image="j"), sound) == set()


def test_only_the_check_that_killed_matters(sound: Article) -> None:
    before = basis(sound)
    assert holding(before, basis(sound, every_check="x"), sound) == {"step", "check", "time", "nobody"}
    first, last = basis(sound, checks={"t::first": "3", "t::last": "2"}), basis(sound, checks={"t::first": "1"})
    assert holding(before, last, sound) == {"step", "check", "time", "nobody"}
    assert holding(before, first, sound) == {"step", "time", "nobody"}
    # what a check leans on outside its directory counts for the sound article, too
    assert len({before.whole, first.whole, last.whole}) == 3


def survivor(sound: Article, number: int, seen: dict[str, str]) -> Verdict:
    """On a mutant of step *number*."""
    mutant = next(each for each in mutants(sound) if each.step == sound.steps[number].name)
    return Verdict(mutant.id, Status.SURVIVED, None, "", 1.0, seen)


def test_checks_that_are_new_or_others_have_yet_to_look_at_a_survivor(sound: Article) -> None:
    found = survivor(sound, 0, {"t::first": "1", "t::last": "2"})
    assert basis(sound).unseeing(found) == frozenset()
    assert basis(sound, checks={"t::first": "1"}).unseeing(found) == frozenset()  # one less
    assert basis(sound, checks={"t::first": "1", "t::last": "3"}).unseeing(found) == {"t::last"}
    assert basis(sound, checks={"t::first": "1", "t::last": "2", "t::new": "1"}).unseeing(found) == {"t::new"}
    assert basis(sound).unseeing(replace(found, seen={})) == {"t::first", "t::last"}


def test_checks_before_its_step_cannot_look_at_a_survivor(sound: Article) -> None:
    names = [step.name for step in sound.steps]
    number = max(names.index(mutant.step) for mutant in mutants(sound))
    assert number > 0
    found = survivor(sound, number, {})
    bound = {"t::first": names[number - 1], "t::last": names[number]}
    assert basis(sound, check_steps=bound).unseeing(found) == {"t::last"}


def test_who_was_noticed_need_not_be_seen_by_others(sound: Article) -> None:
    killed = verdicts(sound)["step"]
    assert basis(sound).unseeing(killed) == frozenset()


def test_where_tests_are_bound_to_no_step_a_survivor_rests_on_all_of_them(sound: Article) -> None:
    before, after = basis(sound, strays=True), basis(sound, strays=True, every_check="x")
    assert holding(before, after, sound) == {"step", "check", "time"}


def test_only_a_time_out_rests_on_what_was_allowed(sound: Article) -> None:
    slower = basis(sound, limits=(5.0, 60.0))
    assert holding(basis(sound), slower, sound) == {"step", "check", "stray", "nobody", "undecided"}


def test_what_no_longer_exists_has_no_basis(sound: Article) -> None:
    found = verdicts(sound)
    assert basis(sound, checks={}).of(found["check"]) is None
    assert basis(sound).of(replace(found["step"], mutant="a:drop:00000000")) is None
    gone = Killer("step", "gone", "gone", "", 1)
    assert basis(sound).of(replace(found["step"], killer=gone)) is None


def test_a_fault_that_is_another_is_not_the_same(sound: Article) -> None:
    first, second, *_ = mutants(sound)
    found = Verdict(first.id, Status.SURVIVED, None, "", 1.0)
    changed = replace(first, altered=second.altered)
    other = Basis(sound, [changed], STANDARD)
    assert basis(sound).of(found) != other.of(found)


def test_all_files_around_the_checks_count(tmp_path: Path) -> None:
    checks = tmp_path / "tests" / "deployment"
    checks.mkdir(parents=True)
    digests = [checks_digest(tmp_path, checks)]
    for path in (checks / "test_a.py", checks / "data" / "x", tmp_path / "tests" / "conftest.py"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("1", encoding="utf-8")
        digests.append(checks_digest(tmp_path, checks))
    (checks / "__pycache__").mkdir()
    (checks / "__pycache__" / "a.pyc").touch()
    assert digests[-1] == checks_digest(tmp_path, checks)
    assert len(set(digests)) == len(digests)
