"""Verdicts, scores, the journal and the choice of mutants, without a machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensayar.errors import UsageError
from ensayar.model import ConsoleStep
from ensayar.mutation.generate import mutants
from ensayar.mutation.journal import Journal, Times, checks_digest, key
from ensayar.mutation.report import score_line
from ensayar.mutation.selection import Selection, select
from ensayar.mutation.verdict import Killer, Status, Verdict, score
from ensayar.parameters import resolve
from ensayar.testing.mutation import expected_cost, limited
from ensayar.testing.positions import KEPT, spread

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.model import Article

TIMES = Times({"a": 1.0}, {"a": 0.5}, {"t::c": 0.25}, {"t::c": "a"})


def verdict(name: str, status: Status = Status.KILLED, seconds: float = 1.5) -> Verdict:
    return Verdict(name, status, Killer("step", "s", "s", "", 2), "año", seconds)


def test_a_verdict_comes_back_as_it_was() -> None:
    for status in Status:
        assert Verdict.from_dict(json.loads(json.dumps(verdict("a", status).as_dict()))) == verdict("a", status)
    survivor = Verdict("a", Status.SURVIVED, None, "", 0.0)
    assert Verdict.from_dict(survivor.as_dict()) == survivor


def test_the_journal_remembers_what_has_its_key(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.jsonl"
    with Journal(path) as journal:
        journal.use("one")
        journal.sound(TIMES)
        journal.decided(verdict("a"))
        journal.decided(verdict("a", Status.SURVIVED, 2.5))
    with Journal(path) as journal:
        journal.use("two")
        assert (journal.times, journal.verdicts, journal.costs) == (None, {}, {"a": 2.5})
        journal.decided(verdict("b"))
        journal.use("one")
        assert (journal.times, journal.verdicts) == (TIMES, {"a": verdict("a", Status.SURVIVED, 2.5)})
        journal.use("one", fresh=True)
        assert (journal.times, journal.verdicts) == (None, {})
        journal.decided(verdict("c"))
    with Journal(path) as journal:
        journal.use("one")
        assert set(journal.verdicts) == {"c"}
        journal.use("two")
        assert set(journal.verdicts) == {"b"}


@pytest.mark.parametrize(
    "torn",
    ['{"kind": "verdict", "key": "one", "da', "\n", "[]\n", "\udcff", '{"kind": "verdict", "key": "one"}\n', "1\n"],
)
def test_a_torn_line_costs_that_line_only(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "a.jsonl"
    with Journal(path) as journal:
        journal.use("one")
        journal.decided(verdict("a"))
    with path.open("ab") as stream:
        stream.write(torn.encode("utf-8", errors="surrogateescape"))
    with Journal(path) as journal:
        journal.use("one")
        journal.decided(verdict("b"))
    with Journal(path) as journal:
        journal.use("one")
        assert set(journal.verdicts) == {"a", "b"}


def test_a_journal_is_one_runs(tmp_path: Path) -> None:
    with Journal(tmp_path / "a.jsonl"), pytest.raises(UsageError, match="another mutation run"):
        Journal(tmp_path / "a.jsonl").__enter__()
    with Journal(tmp_path / "a.jsonl"):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be written"):
        Journal(tmp_path / "file" / "a.jsonl").__enter__()


def test_the_key_is_of_all_that_matters(article: Article, tmp_path: Path) -> None:
    sound = resolve(article)
    other = resolve(article, {"user": "otro"})
    keys = {key(sound, "c", "i"), key(sound, "d", "i"), key(sound, "c", "j"), key(other, "c", "i")}
    assert len(keys) == 4
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
