"""What an article's past is keyed by, and when a state is worth keeping."""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ensayar.checkpoints.ledger import Ledger
from ensayar.checkpoints.lineage import Lineage, Shelf
from ensayar.checkpoints.store import Store
from ensayar.errors import InfrastructureError
from ensayar.parameters import resolve
from ensayar.rehearsal import StepRecord
from ensayar.rst import parse

if TYPE_CHECKING:
    from pathlib import Path

    from ensayar.machine.protocol import Machine
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
    """As much of a machine as keeping one needs."""

    def checkpoint(self, directory: Path) -> None:
        (directory / "memory").write_bytes(os.urandom(100_000))


def test_the_room_that_is_allowed_is_kept_to_even_by_the_machine_that_uses_it(tmp_path: Path, shelf: Shelf) -> None:
    lineage = Lineage(article(tmp_path), "origin", shelf)
    machine: Machine = Kept()  # type: ignore[assignment]  # see there
    shelf.store.max_bytes = 50_000
    first = lineage.keep("one", machine)
    with (first.path / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        with pytest.raises(InfrastructureError, match=r"checkpoints take 0\.1 GB|more than the 5e-05 GB allowed"):
            lineage.keep("two", machine)
    assert shelf.store.entries() == (first,)
    assert lineage.keep("two", machine).step == "two"
    assert [entry.step for entry in shelf.store.entries()] == ["two"]


def test_results_that_nobody_has_asked_for_in_a_long_time_go(tmp_path: Path, shelf: Shelf) -> None:
    lineage = Lineage(article(tmp_path), "origin", shelf)
    lineage.passed(StepRecord(lineage.article.step("one"), duration=1.0))
    (path,) = shelf.ledger.directory.iterdir()
    os.utime(path, (time.time() - 2000, time.time() - 2000))
    lineage.keep("two", Kept())  # type: ignore[arg-type]  # see there
    assert not path.exists()


def test_records_come_back_with_their_commands(tmp_path: Path, shelf: Shelf) -> None:
    lineage = Lineage(article(tmp_path), "origin", shelf)
    step = lineage.article.step("one")
    assert lineage.record(step) is None
    lineage.passed(StepRecord(step, duration=1.0))
    record = lineage.record(step)
    assert record is not None
    assert (record.restored, record.duration, record.step) == (True, 1.0, step)
    assert Lineage(article(tmp_path), "origin", shelf, forget=True).record(step) is None


def test_the_time_between_two_steps_is_known_or_endless(tmp_path: Path, shelf: Shelf) -> None:
    lineage = Lineage(article(tmp_path), "origin", shelf)
    lineage.passed(StepRecord(lineage.article.step("one"), duration=1.5))
    assert lineage.seconds_between(0, 1) == 1.5
    assert lineage.seconds_between(0, 2) == float("inf")
    assert lineage.seconds_between(1, 1) == 0


def test_an_article_of_the_same_steps_has_the_same_past_whatever_it_is_called(tmp_path: Path, shelf: Shelf) -> None:
    one = article(tmp_path)
    assert keys(Lineage(one, "o", shelf)) == keys(Lineage(replace(one, slug="b", source="posts/b.rst"), "o", shelf))
