from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ensayar.errors import EXIT_USAGE, UsageError
from ensayar.transaction import Action, Content, plan, run

if TYPE_CHECKING:
    from collections.abc import Callable

A, B, C = Content(b"a\n"), Content(b"b\n", executable=True), Content(b"c\n")


def tree(root: Path) -> dict[str, bytes | None]:
    """Every path below *root* with its content; ``None`` for a directory."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None for path in sorted(root.rglob("*"))
    }


def apply(root: Path, wanted: dict[str, Content], owned: tuple[str, ...] = ()) -> tuple[Action, ...]:
    actions = plan(root, wanted, owned)
    run(actions, root)
    return actions


def test_files_are_written_with_their_content_and_mode(tmp_path: Path) -> None:
    root = tmp_path / "new"
    apply(root, {"x/y/a": A, "b": B})
    assert tree(root) == {"b": b"b\n", "x": None, "x/y": None, "x/y/a": b"a\n"}
    assert (root / "b").stat().st_mode & 0o777 == 0o755
    assert (root / "x/y/a").stat().st_mode & 0o777 == 0o644


def test_a_plan_reads_like_what_it_does(tmp_path: Path) -> None:
    apply(tmp_path, {"a": A, "b": B})
    actions = plan(tmp_path, {"a": C, "c": C}, ("a", "b"))
    assert [str(action) for action in actions] == [
        f"delete {tmp_path}/b",
        f"update {tmp_path}/a",
        f"create {tmp_path}/c",
    ]


def test_what_is_there_already_is_not_touched(tmp_path: Path) -> None:
    apply(tmp_path, {"a": A, "b": B})
    os.utime(tmp_path / "a", (1, 1))
    assert apply(tmp_path, {"a": A, "b": B}) == ()
    assert (tmp_path / "a").stat().st_mtime == 1


def test_a_wrong_executable_bit_is_a_difference(tmp_path: Path) -> None:
    apply(tmp_path, {"b": B})
    (tmp_path / "b").chmod(0o644)
    assert [action.verb for action in apply(tmp_path, {"b": B})] == ["update"]
    assert os.access(tmp_path / "b", os.X_OK)


def test_what_is_wanted_no_more_goes_with_its_empty_directories(tmp_path: Path) -> None:
    apply(tmp_path, {"x/y/a": A, "x/b": B, "z/c": C})
    (tmp_path / "z" / "mine").touch()
    apply(tmp_path, {}, ("x/y/a", "x/b", "z/c"))
    assert tree(tmp_path) == {"z": None, "z/mine": b""}


def test_only_what_an_earlier_run_wrote_is_deleted(tmp_path: Path) -> None:
    apply(tmp_path, {"a": A, "b": B})
    apply(tmp_path, {}, ("a",))
    assert tree(tmp_path) == {"b": b"b\n"}


def test_a_list_of_earlier_files_cannot_reach_outside(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.write_bytes(b"mine")
    (root / "link").symlink_to(tmp_path)
    assert plan(root, {}, ("../outside", str(outside), "link/outside", "link")) == ()


def test_a_directory_of_ours_gives_way_to_a_file_and_back(tmp_path: Path) -> None:
    apply(tmp_path, {"x/y/a": A})
    apply(tmp_path, {"x": B}, ("x/y/a",))
    assert tree(tmp_path) == {"x": b"b\n"}
    apply(tmp_path, {"x/y/a": A}, ("x",))
    assert tree(tmp_path) == {"x": None, "x/y": None, "x/y/a": b"a\n"}


def link(path: Path) -> None:
    path.symlink_to("elsewhere")


def link_to_directory(path: Path) -> None:
    (path.parent / "elsewhere").mkdir()
    path.symlink_to("elsewhere")


def facts(root: Path) -> dict[Path, tuple[int, int, int]]:
    """Of every path below *root*: what it is, which one, when it changed. To look at it changes the time of access."""
    return {
        path: (status.st_mode, status.st_ino, status.st_mtime_ns)
        for path in root.rglob("*")
        if (status := path.lstat())
    }


def full_directory(path: Path) -> None:
    path.mkdir()
    (path / "mine").touch()


IN_THE_WAY = [
    ("a", link, "a symbolic link where a generated file belongs"),
    ("a", lambda path: path.write_bytes(b"mine"), "a file that no earlier extraction wrote"),
    ("a", os.mkfifo, "a file that no earlier extraction wrote"),
    ("a", full_directory, "a directory where a generated file belongs"),
    ("x", lambda path: path.write_bytes(b"mine"), "a file where a directory belongs"),
    ("x", link_to_directory, "a symbolic link where a generated file belongs"),
    ("x", link, "a symbolic link where a generated file belongs"),
]


@pytest.mark.parametrize(
    ("name", "make", "words"),
    IN_THE_WAY,
    ids=["link", "file", "fifo", "directory", "file-above", "link-above", "broken-link-above"],
)
def test_what_is_not_ours_stays_and_nothing_is_written(
    tmp_path: Path, name: str, make: Callable[[Path], None], words: str
) -> None:
    make(tmp_path / name)
    before = facts(tmp_path)
    with pytest.raises(UsageError, match=f"^{tmp_path}/{name}: {words}; remove it and extract again$") as caught:
        plan(tmp_path, {"0": A, "a": A, "x/y": A}, ())
    assert caught.value.exit_code == EXIT_USAGE
    assert facts(tmp_path) == before


def test_a_root_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    root = tmp_path / "root"
    root.symlink_to("real")
    with pytest.raises(UsageError, match="a symbolic link"):
        plan(root, {"a": A}, ())


def test_a_file_of_anothers_with_the_wanted_content_is_taken_over(tmp_path: Path) -> None:
    # what a run that was killed had written already
    (tmp_path / "a").write_bytes(A.data)
    assert plan(tmp_path, {"a": A}, ()) == ()


def fail_at(monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException) -> None:
    """Let the file system refuse to rename into *name*, once."""
    replace = Path.replace
    refused: list[str] = []

    def refusing(self: Path, target: Path) -> Path:
        if Path(target).name == name and not refused:
            refused.append(name)
            raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refusing)


@pytest.mark.parametrize("name", ["a", "b", "n", "z"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "ctrl-c"])
def test_a_failure_in_the_middle_undoes_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: BaseException
) -> None:
    root = tmp_path / "root"
    apply(root, {"a": A, "x/old": B, "dir/gone": C})
    (root / "empty").mkdir()
    before = tree(root)
    modes = {path: path.stat().st_mode for path in root.rglob("*") if path.is_file()}
    wanted = {"a": C, "x/y/b": B, "n": A, "dir": A, "z/z": C}
    fail_at(monkeypatch, name, error)
    with pytest.raises((UsageError, KeyboardInterrupt)) as caught:
        apply(root, wanted, ("a", "x/old", "dir/gone"))
    assert tree(root) == before
    assert {path: path.stat().st_mode for path in root.rglob("*") if path.is_file()} == modes
    if isinstance(error, OSError):
        assert isinstance(caught.value, UsageError)
        assert "cannot be written (No space left on device); nothing was changed" in str(caught.value)
    # the same again, unhindered
    apply(root, wanted, ("a", "x/old", "dir/gone"))
    assert plan(root, wanted, wanted) == ()


def test_a_failure_to_make_a_directory_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*_: object, **__: object) -> tuple[int, str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refusing)
    root = tmp_path / "root"
    with pytest.raises(UsageError, match="Permission denied"):
        apply(root, {"x/y/a": A})
    assert not root.exists()


def test_a_file_system_that_cannot_be_written_to_is_said_in_one_line() -> None:
    # /proc takes no directory from anybody, root included
    root = Path("/proc/ensayar-test")
    with pytest.raises(UsageError, match=r"^/proc/ensayar-test(/x)?: cannot be written \(.*\); nothing was changed$"):
        apply(root, {"x/a": A})


def test_leftovers_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / ".ensayar-abc").write_bytes(b"half")
    actions = apply(tmp_path, {"x/a": A})
    assert [action.verb for action in actions] == ["delete", "create"]
    assert tree(tmp_path) == {"x": None, "x/a": b"a\n"}


def test_what_a_killed_run_left_beside_a_file_goes_and_what_is_being_written_stays(tmp_path: Path) -> None:
    left, being_written = tmp_path / ".ensayar-abc", tmp_path / ".ensayar-def"
    for path in (left, being_written):
        path.write_bytes(b"half")
    os.utime(left, (time.time() - 3600, time.time() - 3600))
    run([Action("create", tmp_path / "a.rst", A)], tmp_path)
    assert tree(tmp_path) == {".ensayar-def": b"half", "a.rst": b"a\n"}


def test_the_last_of_what_is_wanted_is_written_last(tmp_path: Path) -> None:
    apply(tmp_path, {"old": A})
    actions = plan(tmp_path, {"z": A, "b": B, "a-manifest": C}, ("old",))
    assert [action.path.name for action in actions] == ["old", "z", "b", "a-manifest"]
