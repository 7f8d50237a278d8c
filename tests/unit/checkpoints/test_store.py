"""Checkpoints on disk: complete or not there, never removed under those who use them, the oldest use goes first."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING

import pytest

from ensayar.checkpoints.store import Entry, Store

if TYPE_CHECKING:
    from pathlib import Path

KILOBYTES = 64


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "checkpoints", max_bytes=1e9, max_age=1000)


def add(store: Store, key: str, *, parent: Entry | None = None, born: float | None = None, used: float = 0) -> Entry:
    """A checkpoint of :data:`KILOBYTES`, last used *used* seconds ago."""
    with store.draft(key) as path:
        (path / "memory").write_bytes(os.urandom(KILOBYTES * 1024))
        entry = Entry(
            path=path,
            key=key,
            article="a",
            step="one",
            number=1,
            born=time.time() if born is None else born,
            made=time.time(),
            seconds=0.1,
            parent=parent.path.name if parent else None,
        )
        store.complete(entry)
    moment = time.time() - used
    os.utime(entry.path / "checkpoint.json", (moment, moment))
    return entry


def test_what_is_complete_is_found_by_its_key(store: Store) -> None:
    one = add(store, "1" * 64)
    add(store, "2" * 64)
    assert store.find(["1" * 64, "3" * 64]) == {"1" * 64: one}
    assert one.size() >= KILOBYTES * 1024
    assert {entry.key for entry in store.entries()} == {"1" * 64, "2" * 64}


def test_the_youngest_of_one_key_is_found_and_none_that_is_too_old(store: Store) -> None:
    add(store, "1" * 64, born=time.time() - 900)
    younger = add(store, "1" * 64, born=time.time() - 10)
    add(store, "2" * 64, born=time.time() - 1100)
    assert store.find(["1" * 64, "2" * 64]) == {"1" * 64: younger}


def test_a_draft_that_is_not_completed_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.draft("1" * 64) as path:
        (path / "memory").write_bytes(bytes(1 // 0))
    assert not path.exists()
    with store.draft("1" * 64):
        pass
    assert list(store.directory.iterdir()) == []


def test_a_draft_is_not_found_and_not_swept_while_somebody_is_at_it(store: Store) -> None:
    with store.draft("1" * 64) as path:
        (path / "memory").touch()
        assert store.find(["1" * 64]) == {}
        store.tidy()
        store.clear()
        assert (path / "memory").exists()


def test_a_killed_process_leaves_a_draft_that_the_next_one_sweeps(store: Store) -> None:
    program = f"""
import time
from pathlib import Path
from ensayar.checkpoints.store import Store
with Store(Path({str(store.directory)!r}), max_bytes=1, max_age=1).draft("1" * 64) as path:
    (path / "memory").write_bytes(b"half")
    print(path, flush=True)
    time.sleep(100)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    path = store.directory / process.stdout.readline().strip().rpartition("/")[2]
    store.tidy()
    assert (path / "memory").exists()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert store.entries() == ()
    store.tidy()
    assert not path.exists()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"key": "1"}', '{"surprise": 1}'])
def test_a_damaged_description_is_as_none(store: Store, damage: str) -> None:
    entry = add(store, "1" * 64)
    (entry.path / "checkpoint.json").write_text(damage, encoding="utf-8")
    assert store.entries() == ()
    assert store.find(["1" * 64]) == {}


def test_beyond_the_size_the_least_recently_used_goes_first(store: Store) -> None:
    kept = add(store, "1" * 64, used=10)
    first = add(store, "2" * 64, used=900)
    second = add(store, "3" * 64, used=800)
    size = kept.size()
    store.max_bytes = 2.5 * size
    assert store.tidy() == (first,)
    store.max_bytes = 1.5 * size
    assert store.tidy() == (second,)
    assert store.entries() == (kept,)


def test_what_others_stand_on_stays_until_they_are_gone(store: Store) -> None:
    below = add(store, "1" * 64, used=900)
    above = add(store, "2" * 64, parent=below, used=10)
    other = add(store, "3" * 64, used=500)
    store.max_bytes = 2.5 * below.size()
    assert store.tidy() == (other,)
    store.max_bytes = 1
    assert store.tidy() == (above, below)


def test_use_counts_for_what_is_below_too(store: Store) -> None:
    below = add(store, "1" * 64, used=900)
    above = add(store, "2" * 64, parent=below, used=900)
    store.use(above)
    assert all(time.time() - entry.used() < 100 for entry in (below, above))


def test_what_is_in_use_stays(store: Store) -> None:
    entry = add(store, "1" * 64, born=time.time() - 5000)
    with (entry.path / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        assert store.tidy() == ()
        assert store.clear() == (0, 1)
        assert not store.doubt(entry)
        assert not store.doubt(entry)
        assert json.loads((entry.path / "checkpoint.json").read_text(encoding="utf-8"))
    assert store.clear() == (1, 0)


def test_what_was_of_no_use_twice_goes(store: Store) -> None:
    entry = add(store, "1" * 64)
    assert not store.doubt(entry)
    assert store.entries() == (entry,)
    assert store.doubt(entry)
    assert store.entries() == ()


def test_what_takes_the_place_of_another_removes_it_unless_something_stands_on_it(store: Store) -> None:
    below = add(store, "1" * 64, born=time.time() - 20)
    above = add(store, "2" * 64, parent=below)
    old = add(store, "1" * 64, born=time.time() - 10)
    store.drop_older(new := add(store, "1" * 64))
    assert set(store.entries()) == {below, above, new}
    assert not old.path.exists()


@pytest.mark.parametrize("facts", ["{", "[]", '{"version": 1}', '{"version": 2}'])
def test_what_cannot_be_read_is_swept_like_a_draft(store: Store, facts: str) -> None:
    entry = add(store, "1" * 64)
    (entry.path / "checkpoint.json").write_text(facts, encoding="utf-8")
    assert store.entries() == ()
    store.tidy()
    assert not entry.path.exists()


def test_a_draft_that_a_machine_has_gone_on_from_stays_until_that_has_ended(store: Store) -> None:
    def fail() -> None:
        with store.draft("1" * 64) as path:
            (path / "disk").touch()
            machine.append((path / "lock").open())
            fcntl.flock(machine[0], fcntl.LOCK_SH)
            raise OSError(errno.ENOSPC, "no space")

    machine: list[IO[str]] = []
    with pytest.raises(OSError, match="no space"):
        fail()
    (path,) = store.directory.iterdir()
    store.tidy()
    assert (path / "disk").exists()
    assert store.entries() == ()
    machine[0].close()
    store.tidy()
    assert not path.exists()


def test_only_the_owner_may_look_into_it(store: Store) -> None:
    entry = add(store, "1" * 64)
    assert store.directory.stat().st_mode & 0o777 == 0o700
    assert entry.path.stat().st_mode & 0o777 == 0o700


def test_no_directory_is_an_empty_store(store: Store) -> None:
    assert (store.entries(), store.find(["1"]), store.tidy(), store.clear()) == ((), {}, (), (0, 0))
