"""Verdicts, scores, the journal and the choice of mutants, without a machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensayar.errors import UsageError
from ensayar.model import ConsoleStep
from ensayar.mutation.basis import Basis, Conditions
from ensayar.mutation.generate import mutants
from ensayar.mutation.journal import Journal, Known, Published, Times
from ensayar.mutation.report import score_line
from ensayar.mutation.selection import Selection, select
from ensayar.mutation.verdict import Killer, Status, Verdict, score
from ensayar.parameters import resolve
from ensayar.testing.mutation import expected_cost, limited
from ensayar.testing.positions import KEPT, spread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ensayar.model import Article
    from ensayar.mutation.model import Mutant

TIMES = Times({"a": 1.0}, {"a": 0.5}, {"t::c": 0.25}, {"t::c": "a"})


def verdict(name: str, status: Status = Status.KILLED, seconds: float = 1.5) -> Verdict:
    return Verdict(name, status, Killer("step", "s", "s", "", 2), "año", seconds)


@pytest.fixture
def them(article: Article) -> tuple[Mutant, ...]:
    """Mutants of an article."""
    return mutants(resolve(article))


@pytest.fixture
def on(article: Article, them: tuple[Mutant, ...]) -> Callable[[str], Basis]:
    """The basis on which everything is as an image makes it."""

    def made(image: str) -> Basis:
        return Basis(resolve(article), them, Conditions(image, "all", {}, (5.0, 30.0), {}))

    return made


def survivor(mutant: Mutant, seconds: float = 1.5) -> Verdict:
    return Verdict(mutant.id, Status.SURVIVED, None, "año", seconds)


def test_a_verdict_comes_back_as_it_was() -> None:
    for status in Status:
        assert Verdict.from_dict(json.loads(json.dumps(verdict("a", status).as_dict()))) == verdict("a", status)
    survivor = Verdict("a", Status.SURVIVED, None, "", 0.0, {"t::c": "1"})
    assert Verdict.from_dict(json.loads(json.dumps(survivor.as_dict()))) == survivor


def test_the_journal_remembers_what_rests_on_the_same(
    tmp_path: Path, them: tuple[Mutant, ...], on: Callable[[str], Basis]
) -> None:
    path = tmp_path / "new" / "a.jsonl"
    first, second, third, *_ = them
    with Journal(path) as journal:
        journal.use(on("one"))
        journal.sound(TIMES)
        journal.decided(survivor(first))
        journal.decided(survivor(first, 2.5))
    with Journal(path) as journal:
        journal.use(on("two"))
        assert (journal.times, journal.verdicts, journal.costs) == (None, {}, {first.id: 2.5})
        journal.decided(survivor(second))
        journal.use(on("one"))
        assert (journal.times, journal.verdicts) == (TIMES, {first.id: survivor(first, 2.5)})
        assert journal.bases == {first.id: on("one").of(survivor(first))}
        journal.use(on("one"), fresh=True)
        assert (journal.times, journal.verdicts, journal.bases) == (None, {}, {})
        journal.decided(survivor(third))
    with Journal(path) as journal:
        journal.use(on("one"))
        assert set(journal.verdicts) == {third.id}
        journal.use(on("two"))  # fresh: nothing that was found before
        assert journal.verdicts == {}
        assert journal.costs[second.id] == 1.5


def test_what_was_published_is_known_where_the_journal_knows_nothing_better(
    tmp_path: Path, them: tuple[Mutant, ...], on: Callable[[str], Basis]
) -> None:
    path = tmp_path / "a.jsonl"
    first, second, third, *_ = them
    basis = on("one")
    verdicts = [Known(survivor(mutant, 9.0), basis.of(survivor(mutant)) or "") for mutant in (first, second)]
    published = Published((*verdicts, Known(survivor(third, 9.0), "of something else")), basis.whole, "report 1")
    with Journal(path) as journal:
        journal.use(basis)
        assert journal.green is None
        journal.decided(survivor(first, 1.0))
    wanted = {first.id: survivor(first, 1.0), second.id: survivor(second, 9.0)}
    with Journal(path, published) as journal:
        journal.use(basis)
        assert (journal.verdicts, journal.green, journal.times) == (wanted, basis.whole, None)
        assert journal.costs == {first.id: 1.0, second.id: 9.0, third.id: 9.0}
    with Journal(path) as journal:  # it is known here from now on
        journal.use(basis)
        assert (journal.verdicts, journal.green) == (wanted, None)


def test_a_survivor_that_not_all_have_seen_is_known_in_part(
    article: Article, tmp_path: Path, them: tuple[Mutant, ...]
) -> None:
    def on_checks(**checks: str) -> Basis:
        return Basis(resolve(article), them, Conditions("i", "all", checks, (5.0, 30.0), {}))

    first, second, *_ = them
    seen = Verdict(first.id, Status.SURVIVED, None, "", 1.5, {"a": "1"})
    published = Verdict(second.id, Status.SURVIVED, None, "", 2.5, {"a": "1"})
    known = Published((Known(published, on_checks(a="1").of(published) or ""),), None, "report 1")
    path = tmp_path / "a.jsonl"
    with Journal(path, known) as journal:
        journal.use(on_checks(a="1"))
        journal.decided(seen)
        assert (set(journal.verdicts), journal.partial) == ({first.id, second.id}, {})
    with Journal(path, known) as journal:
        journal.use(on_checks(a="1", b="2"))
        assert (journal.verdicts, journal.bases) == ({}, {})
        assert journal.partial == {first.id: seen, second.id: published}
        both = Verdict(first.id, Status.SURVIVED, None, "", 0.5, {"a": "1", "b": "2"})
        journal.decided(both)
        assert (journal.verdicts, set(journal.partial)) == ({first.id: both}, {second.id})
    with Journal(path, known) as journal:
        journal.use(on_checks(a="1", b="2"))
        assert (journal.verdicts, set(journal.partial)) == ({first.id: both}, {second.id})
        journal.use(on_checks(a="2", b="2"))
        assert (journal.verdicts, set(journal.partial)) == ({}, {first.id, second.id})
        journal.use(on_checks(a="1", b="2"), fresh=True)
        assert (journal.verdicts, journal.partial) == ({}, {})


def test_after_a_fresh_start_only_another_report_is_believed(
    tmp_path: Path, them: tuple[Mutant, ...], on: Callable[[str], Basis]
) -> None:
    path = tmp_path / "a.jsonl"
    basis = on("one")
    known = (Known(survivor(them[0]), basis.of(survivor(them[0])) or ""),)
    with Journal(path, Published(known, basis.whole, "report 1")) as journal:
        journal.use(basis, fresh=True)
        assert (journal.verdicts, journal.green) == ({}, None)
    with Journal(path, Published(known, basis.whole, "report 1")) as journal:
        journal.use(basis)
        assert (journal.verdicts, journal.green) == ({}, None)
    with Journal(path, Published(known, basis.whole, "report 2")) as journal:
        journal.use(basis)
        assert set(journal.verdicts) == {them[0].id}
        assert journal.green == basis.whole


@pytest.mark.parametrize(
    "torn",
    [
        '{"kind": "verdict", "basis": "one", "da',
        "\n",
        "[]\n",
        "\udcff",
        "[" * 100_000,
        '{"kind": "verdict", "basis": "", "data": {"seconds": ' + "9" * 400 + "}}",
        '{"kind": "verdict", "basis": "one"}\n',
        "1\n",
    ],
)
def test_a_torn_line_costs_that_line_only(
    tmp_path: Path, torn: str, them: tuple[Mutant, ...], on: Callable[[str], Basis]
) -> None:
    path = tmp_path / "a.jsonl"
    with Journal(path) as journal:
        journal.use(on("one"))
        journal.decided(survivor(them[0]))
    with path.open("ab") as stream:
        stream.write(torn.encode("utf-8", errors="surrogateescape"))
    with Journal(path) as journal:
        journal.use(on("one"))
        journal.decided(survivor(them[1]))
    with Journal(path) as journal:
        journal.use(on("one"))
        assert set(journal.verdicts) == {them[0].id, them[1].id}


def test_a_journal_is_one_runs(tmp_path: Path) -> None:
    with Journal(tmp_path / "a.jsonl"), pytest.raises(UsageError, match="another mutation run"):
        Journal(tmp_path / "a.jsonl").__enter__()
    with Journal(tmp_path / "a.jsonl"):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        Journal(tmp_path / "file" / "a.jsonl").__enter__()


@given(st.lists(st.sampled_from(Status), max_size=30))
def test_a_score_is_a_share_of_the_decided(statuses: list[Status]) -> None:
    found = score(statuses, 0)
    dead = statuses.count(Status.KILLED) + statuses.count(Status.TIMED_OUT)
    decided = dead + statuses.count(Status.SURVIVED)
    assert found.total == len(statuses)
    assert found.value == (dead / decided if decided else None)


def test_a_score_is_not_rounded_up() -> None:
    found = score([Status.KILLED] * 2999 + [Status.SURVIVED], 1)
    assert score_line("altered", found) == "altered: 99.9 % of 3000: 2999 killed, 1 survived (1 of them explained)"
    assert score_line("dropped", score([], 0)) == "dropped: no score of 0: 0 killed, 0 survived"


@pytest.mark.parametrize("seed", range(4))
def test_a_larger_sample_holds_the_smaller_one(article: Article, seed: int) -> None:
    everything = mutants(resolve(article))
    before: set[str] = set()
    for size in range(1, len(everything) + 2):
        drawn = select(everything, Selection(sample=size, seed=seed))
        names = {mutant.id for mutant in drawn}
        assert before <= names
        assert len(drawn) == min(size, len(everything))
        assert list(drawn) == [mutant for mutant in everything if mutant.id in names]
        before = names


def test_every_dropped_step_may_come_on_top_of_the_sample(article: Article) -> None:
    everything = mutants(resolve(article))
    dropped = [mutant for mutant in everything if mutant.dropped]
    drawn = select(everything, Selection(sample=3, all_dropped=True))
    assert [mutant for mutant in drawn if mutant.dropped] == dropped
    assert len(drawn) == len(dropped) + 3
    altered = select(everything, Selection(only="altered", sample=3))
    assert [mutant for mutant in drawn if not mutant.dropped] == list(altered)


def test_cheap_mutants_come_first(article: Article) -> None:
    sound = resolve(article)
    names = [step.name for step in sound.steps]
    steps = dict.fromkeys(names, 10.0)
    times = Times(
        steps, {"run": 2.0, "wait": 400.0}, {"c::one": 1.0, "c::two": 2.0}, {"c::one": "tool", "c::two": "tool"}
    )
    found = {(mutant.step, mutant.operator): mutant for mutant in mutants(sound)}
    # to the end of the first step with checks; a dropped step itself takes no time
    assert expected_cost(found["file", "drop"], sound, times, {}) == 13.0
    assert expected_cost(found["file", "mode-tightened"], sound, times, {}) == 23.0
    assert expected_cost(found["tool", "drop"], sound, times, {}) == 3.0
    assert expected_cost(found["spy", "drop"], sound, times, {}) == 10.0 * (len(names) - names.index("spy") - 1)
    known = found["file", "drop"]
    assert expected_cost(known, sound, times, {known.id: 99.0}) == 99.0


def test_limits_are_lowered_and_never_raised(article: Article) -> None:
    sound = resolve(article)
    times = Times({}, {"run": 2.0, "wait": 400.0}, {}, {})
    found = {step.name: step.timeout for step in limited(sound, times).steps if isinstance(step, ConsoleStep)}
    assert found == {
        step.name: 40.0 if step.name == "run" else step.timeout for step in sound.steps if isinstance(step, ConsoleStep)
    }


@given(st.sets(st.integers(0, 200)))
def test_kept_states_are_few_and_spread(numbers: set[int]) -> None:
    kept = spread(numbers)
    assert kept <= numbers - {0}
    assert len(kept) == min(KEPT, len(numbers - {0}))
    if len(numbers - {0}) > 1:
        assert {min(numbers - {0}), max(numbers)} <= kept
