"""What an article's past is keyed by, and when a state is worth keeping."""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ensayar.checkpoints.ledger import Ledger
from ensayar.checkpoints.lineage import Lineage, Shelf, Visit
from ensayar.checkpoints.store import Store
from ensayar.errors import InfrastructureError
from ensayar.evidence import CheckEvidence
from ensayar.parameters import resolve
from ensayar.rehearsal import StepRecord
from ensayar.rst import parse

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.model import Article

TEXT = """\
.. rehearse::
   :platform: debian-13
   :login: ana

.. parameter:: word
   :default: hello

.. code-block:: console
   :name: one

   # echo @@word@@
   hello

.. code-block:: sh
   :name: two
   :file: /two

   true

.. code-block:: console
   :name: three

   # echo three
"""


def article(tmp_path: Path, text: str = TEXT, **values: str) -> Article:
    path = tmp_path / "a.rst"
    path.write_text(text, encoding="utf-8")
    raw = parse(path, root=tmp_path)
    assert raw is not None
    return resolve(raw, values)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    store = Store(tmp_path / "checkpoints", max_bytes=1e9, max_age=1000)
    return Shelf(store, Ledger(tmp_path / "results", fresh=store.fresh))


def keys(lineage: Lineage) -> list[str]:
    return [lineage.key(step.name) for step in lineage.article.steps]


@pytest.mark.parametrize(
    ("before", "after", "first"),
    [
        (".. rehearse::", "Prose.\n\n.. rehearse::", None),
        ("   :file: /two\n", "   :file: /two\n   :caption: words\n   :linenos:\n", None),
        (".. code-block:: sh", ".. code-block:: python", None),
        (".. code-block:: sh", ".. a comment\n\n.. code-block:: sh", None),
        ("echo @@word@@", "echo  @@word@@", 0),
        ("   hello\n\n", "   hell...\n\n", 0),
        ("   true\n", "   true  #\n", 1),
        ("   :file: /two\n", "   :file: /two\n   :mode: 0600\n", 1),
        ("echo three", "echo 3", 2),
        (":login: ana", ":login: root", 0),
    ],
)
def test_bytes_of_a_block_change_its_key_and_those_after_it_and_prose_none(
    tmp_path: Path, shelf: Shelf, before: str, after: str, first: int | None
) -> None:
    assert before in TEXT
    one = keys(Lineage(article(tmp_path), "origin", shelf))
    other = keys(Lineage(article(tmp_path, TEXT.replace(before, after, 1)), "origin", shelf))
    same = [a == b for a, b in zip(one, other, strict=True)]
    assert same == [first is None or number < first for number in range(3)]


def test_parameters_and_origin_are_part_of_it(tmp_path: Path, shelf: Shelf) -> None:
    one = keys(Lineage(article(tmp_path), "origin", shelf))
    assert not set(one) & set(keys(Lineage(article(tmp_path, word="hullo"), "origin", shelf)))
    assert not set(one) & set(keys(Lineage(article(tmp_path), "another", shelf)))


def played(lineage: Lineage, step: str, seconds: float) -> bool:
    """Whether the state after *step*, which took *seconds*, is worth keeping."""
    lineage.passed(StepRecord(lineage.article.step(step), duration=seconds))
    return lineage.worth_keeping(step)


def test_a_state_is_kept_where_playing_cost_ten_times_as_much(tmp_path: Path, shelf: Shelf) -> None:
    lineage = Lineage(article(tmp_path), "origin", shelf)
    assert not played(lineage, "one", 9.0)
    lineage = Lineage(article(tmp_path), "origin", shelf)
    assert played(lineage, "one", 10.5)


def test_the_last_step_has_a_state_before_it(tmp_path: Path, shelf: Shelf) -> None:
    lineage = Lineage(article(tmp_path), "origin", shelf)
    assert not played(lineage, "one", 1.0)
    assert played(lineage, "two", 1.0)
    assert not played(lineage, "three", 1.0)


class Kept:
    """As much of a machine as keeping one needs: it goes on on top of what was kept, and holds that."""

    def __init__(self) -> None:
        self.locks: list[int] = []

    def checkpoint(self, directory: Path) -> None:
        (directory / "memory").write_bytes(os.urandom(100_000))
        self.locks.append(os.open(directory / "lock", os.O_RDONLY))
        fcntl.flock(self.locks[-1], fcntl.LOCK_SH)

    def stop(self) -> None:
        while self.locks:
            os.close(self.locks.pop())


def test_the_room_that_is_allowed_is_kept_to_even_by_the_machine_that_uses_it(tmp_path: Path, shelf: Shelf) -> None:
    lineage = Lineage(article(tmp_path), "origin", shelf)
    machine = Kept()
    shelf.store.max_bytes = 50_000
    first = lineage.keep("one", machine)  # type: ignore[arg-type]  # as much as it asks for
    with pytest.raises(InfrastructureError, match=r"checkpoints take 0\.0 GB, and 5e-05 GB are allowed"):
        lineage.keep("two", machine)  # type: ignore[arg-type]  # as above
    assert shelf.store.entries() == (first,)
    machine.stop()
    again = Lineage(article(tmp_path), "origin", shelf)
    assert again.keep("two", machine).step == "two"  # type: ignore[arg-type]  # as above
    assert [entry.step for entry in shelf.store.entries()] == ["two"]
    machine.stop()


def test_results_that_nobody_has_asked_for_in_a_long_time_go(tmp_path: Path, shelf: Shelf) -> None:
    lineage = Lineage(article(tmp_path), "origin", shelf)
    lineage.passed(StepRecord(lineage.article.step("one"), duration=1.0))
    (path,) = shelf.ledger.directory.glob("*.json")
    os.utime(path, (time.time() - 2000, time.time() - 2000))
    lineage.keep("two", Kept())  # type: ignore[arg-type]  # as much as it asks for
    assert not path.exists()


def test_records_come_back_with_their_commands(tmp_path: Path, shelf: Shelf) -> None:
    lineage = Lineage(article(tmp_path), "origin", shelf)
    step = lineage.article.step("one")
    assert lineage.record(step) is None
    lineage.passed(StepRecord(step, duration=1.0))
    record = lineage.record(step)
    assert record is not None
    assert (record.restored, record.duration, record.step) == (True, 1.0, step)
    assert Lineage(article(tmp_path), "origin", shelf, Visit(time.time(), forget=True)).record(step) is None


def test_the_time_between_two_steps_is_known_or_endless(tmp_path: Path, shelf: Shelf) -> None:
    lineage = Lineage(article(tmp_path), "origin", shelf)
    lineage.passed(StepRecord(lineage.article.step("one"), duration=1.5))
    assert lineage.seconds_between(0, 1) == 1.5
    assert lineage.seconds_between(0, 2) == float("inf")
    assert lineage.seconds_between(1, 1) == 0


def test_an_article_of_the_same_steps_has_the_same_past_whatever_it_is_called(tmp_path: Path, shelf: Shelf) -> None:
    one = article(tmp_path)
    assert keys(Lineage(one, "o", shelf)) == keys(Lineage(replace(one, slug="b", source="posts/b.rst"), "o", shelf))


def play(lineage: Lineage, *steps: str, wanted: bool = True) -> None:
    for step in steps:
        lineage.passed(StepRecord(lineage.article.step(step), duration=1.0), wanted=wanted)


def known(lineage: Lineage) -> list[str]:
    return [step.name for step in lineage.article.steps if lineage.result(step.name)]


CHECK = CheckEvidence("test_x", "It is there.", passed=True, duration=0.1)


def test_a_step_that_is_played_again_makes_what_was_seen_after_it_unknown(tmp_path: Path, shelf: Shelf) -> None:
    first = Lineage(article(tmp_path), "origin", shelf)
    play(first, "one", "two", "three")
    first.checked("one", CHECK, "code")
    first.checked("two", CHECK, "code")
    again = Lineage(article(tmp_path), "origin", shelf, Visit(time.time()))
    assert known(again) == ["one", "two", "three"]
    play(again, "one", wanted=False)
    play(again, "two")
    for lineage in (again, Lineage(article(tmp_path), "origin", shelf)):
        assert known(lineage) == ["one", "two"]
        assert lineage.check("one", "test_x", "code") is not None
        assert lineage.check("two", "test_x", "code") is None


@pytest.mark.parametrize("looking", [True, False])
def test_what_is_played_on_the_way_or_by_somebody_who_looks_around_leaves_what_is_known(
    tmp_path: Path, shelf: Shelf, *, looking: bool
) -> None:
    play(Lineage(article(tmp_path), "origin", shelf), "one", "two", "three")
    again = Lineage(article(tmp_path), "origin", shelf, Visit(time.time(), looking=looking))
    play(again, "one", "two", wanted=looking)
    assert known(Lineage(article(tmp_path), "origin", shelf)) == ["one", "two", "three"]


def test_who_looks_around_first_leaves_something(tmp_path: Path, shelf: Shelf) -> None:
    play(Lineage(article(tmp_path), "origin", shelf, Visit(time.time(), looking=True)), "one", "two", wanted=False)
    assert known(Lineage(article(tmp_path), "origin", shelf)) == ["one", "two"]


def test_a_rehearsal_afresh_that_is_broken_off_leaves_what_it_played_and_nothing_older(
    tmp_path: Path, shelf: Shelf
) -> None:
    play(Lineage(article(tmp_path), "origin", shelf), "one", "two", "three")
    again = Lineage(article(tmp_path), "origin", shelf, Visit(time.time(), forget=True))
    assert known(again) == []
    play(again, "one")
    assert known(again) == ["one"]
    assert known(Lineage(article(tmp_path), "origin", shelf)) == ["one"]


def test_a_step_that_fails_takes_what_came_after_it_along(tmp_path: Path, shelf: Shelf) -> None:
    lineage = Lineage(article(tmp_path), "origin", shelf)
    play(lineage, "one", "two", "three")
    lineage.failed("two")
    assert known(lineage) == known(Lineage(article(tmp_path), "origin", shelf)) == ["one"]


@pytest.mark.parametrize("forget", [True, False])
def test_articles_that_begin_alike_do_not_take_each_others_beginning_away_in_one_session(
    tmp_path: Path, shelf: Shelf, *, forget: bool
) -> None:
    since = time.time()
    one = Lineage(article(tmp_path), "origin", shelf, Visit(since, forget=forget))
    other = Lineage(article(tmp_path, TEXT.replace("echo three", "echo 3")), "origin", shelf, Visit(since, forget))
    assert known(one) == known(other) == []
    play(one, "one", "two", "three")
    play(other, "one", "two", "three")
    for text in (TEXT, TEXT.replace("echo three", "echo 3")):
        assert known(Lineage(article(tmp_path, text), "origin", shelf)) == ["one", "two", "three"]


def test_a_state_tells_what_its_own_steps_did_whatever_is_known_by_now(tmp_path: Path, shelf: Shelf) -> None:
    lineage = Lineage(article(tmp_path), "origin", shelf)
    lineage.passed(StepRecord(lineage.article.step("one"), duration=1.0, background="the first"))
    entry = lineage.keep("one", Kept())  # type: ignore[arg-type]  # as much as it asks for
    lineage.failed("one")
    (record,) = lineage.past(entry)
    assert (record.step.name, record.background, record.restored) == ("one", "the first", True)
    (entry.path / "steps.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InfrastructureError, match="it knows of 0 steps, not of 1"):
        lineage.past(entry)


def test_a_state_that_is_older_than_what_is_known_is_not_used_and_is_kept_anew(tmp_path: Path, shelf: Shelf) -> None:
    old = Lineage(article(tmp_path), "origin", shelf)
    old.born -= 100
    play(old, "one")
    machine = Kept()
    entry = old.keep("one", machine)  # type: ignore[arg-type]  # as much as it asks for
    machine.stop()
    assert old.best(3) == entry
    again = Lineage(article(tmp_path), "origin", shelf, Visit(time.time()))
    play(again, "one")
    assert again.best(3) is None
    younger = again.keep("one", Kept())  # type: ignore[arg-type]  # as much as it asks for
    assert again.best(3) == younger
    assert shelf.store.entries() == (younger,)


def test_what_was_put_aside_is_the_projects_own_and_one_at_a_time(tmp_path: Path, shelf: Shelf) -> None:
    here = Lineage(article(tmp_path), "origin", shelf, place="/here")
    there = Lineage(article(tmp_path), "origin", shelf, place="/there")
    machine = Kept()
    here.put_aside(machine)  # type: ignore[arg-type]  # as much as it asks for
    machine.stop()
    here = Lineage(article(tmp_path), "origin", shelf, place="/here")
    last = here.put_aside(Kept())  # type: ignore[arg-type]  # as much as it asks for
    assert (here.aside(), there.aside()) == (last, None)
    assert shelf.store.entries() == (last,)
