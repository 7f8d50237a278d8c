"""Writes a tree of files all or not at all: collect actions, look for conflicts, then act.

A dry run is the list of actions, and ``--check`` asks whether it is empty. Each file is written beside its
place and renamed into it; when an action fails, those before it are undone.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ensayar.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Content:
    """What a file should hold."""

    data: bytes
    """All of it."""
    executable: bool = False
    """Whether it can be run."""

    @property
    def mode(self) -> int:
        """Permission bits."""
        return 0o755 if self.executable else 0o644


@dataclass(frozen=True, slots=True)
class Action:
    """One change to one file."""

    verb: str
    """``create``, ``update`` or ``delete``."""
    path: Path
    """The file."""
    content: Content | None
    """What it will hold; ``None``: it will be gone."""

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"


def _same(path: Path, content: Content) -> bool:
    return (
        path.is_file()
        and not path.is_symlink()
        and path.read_bytes() == content.data
        and bool(path.stat().st_mode & stat.S_IXUSR) == content.executable
    )


def _refuse_odd_parents(root: Path, path: Path) -> None:
    for parent in [path, *path.parents]:
        if parent.is_symlink():
            message = f"{parent}: a symbolic link where a generated file belongs; remove it and extract again"
            raise UsageError(message)
        if parent != path and parent.exists() and not parent.is_dir():
            message = f"{parent}: a file where a directory belongs; remove it and extract again"
            raise UsageError(message)
        if parent == root:
            return


def plan(root: Path, wanted: Mapping[str, Content], owned: Iterable[str]) -> tuple[Action, ...]:
    """The actions that make *root* hold what is wanted.

    :param wanted: paths relative to *root*, with ``/``, and what each should hold.
    :param owned: paths relative to *root* that an earlier run wrote; those not wanted any more are deleted.
    :raises UsageError: something of another's stands where a file belongs.
    """
    actions: list[Action] = []
    earlier = set(owned)
    for name in sorted(wanted):
        path = root / name
        _refuse_odd_parents(root, path)
        if path.is_dir():
            message = f"{path}: a directory where a generated file belongs; remove it and extract again"
            raise UsageError(message)
        if not _same(path, wanted[name]):
            actions.append(Action("update" if path.exists() else "create", path, wanted[name]))
    for name in sorted(earlier - wanted.keys()):
        path = root / name
        if path.is_file() and not path.is_symlink() and path.resolve().is_relative_to(root.resolve()):
            actions.append(Action("delete", path, None))
    return tuple(actions)


def _write(path: Path, content: Content) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".ensayar-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content.data)
        Path(temporary).chmod(content.mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _act(action: Action, root: Path) -> None:
    if action.content is not None:
        _write(action.path, action.content)
        return
    action.path.unlink()
    for parent in action.path.parents:
        if parent == root or any(parent.iterdir()):
            break
        parent.rmdir()


def run(actions: Sequence[Action], root: Path) -> None:
    """Perform *actions*; on failure put back what the first of them changed.

    :raises UsageError: the file system refuses.
    """
    done: list[tuple[Action, Content | None]] = []
    try:
        for action in actions:
            before = (
                Content(action.path.read_bytes(), bool(action.path.stat().st_mode & stat.S_IXUSR))
                if action.path.exists()
                else None
            )
            done.append((action, before))
            _act(action, root)
    except BaseException as error:
        for action, before in reversed(done):
            with suppress(OSError):
                if before is not None:
                    _write(action.path, before)
                elif action.path.exists():
                    _act(Action("delete", action.path, None), root)
        if isinstance(error, OSError):
            message = f"{error.filename or root}: cannot be written ({error.strerror}); nothing was changed"
            raise UsageError(message) from error
        raise
