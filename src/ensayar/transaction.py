"""Writes a tree of files all or not at all: collect actions, look for conflicts, then act.

A dry run is the list of actions, and ``--check`` asks whether it is empty. Each file is written beside its
place and renamed into it; when an action fails, those before it are undone. What a killed run leaves behind is
found and removed by the next one.
"""

from __future__ import annotations

import os
import stat
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ensayar.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

TEMPORARY = ".ensayar-"
"""How the names of files begin that are being written."""
_ABANDONED_SECONDS = 60.0  # to write one takes moments


@dataclass(frozen=True, slots=True)
class Content:
    """What a file should hold."""

    data: bytes
    """All of it."""
    executable: bool = False
    """Whether it can be run."""
    permissions: int | None = None
    """Permission bits where they are somebody else's choice."""

    @property
    def mode(self) -> int:
        """Permission bits."""
        if self.permissions is not None:
            return self.permissions
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


def current(path: Path) -> Content:
    """What the file at *path* holds now."""
    mode = stat.S_IMODE(path.stat().st_mode)
    return Content(path.read_bytes(), bool(mode & stat.S_IXUSR), mode)


def _refuse_odd_parents(root: Path, path: Path, going: set[Path]) -> None:
    for parent in [path, *path.parents]:
        if parent.is_symlink():
            message = f"{parent}: a symbolic link where a generated file belongs; remove it and extract again"
            raise UsageError(message)
        if parent != path and parent.exists() and not parent.is_dir() and parent not in going:
            message = f"{parent}: a file where a directory belongs; remove it and extract again"
            raise UsageError(message)
        if parent == root:
            return


def _refuse_foreign(path: Path, content: Content, going: set[Path], *, owned: bool) -> None:
    """What stands at *path* must be an earlier run's."""
    if path.is_dir():
        if any(inner not in going for inner in path.rglob("*") if not inner.is_dir() or inner.is_symlink()):
            message = f"{path}: a directory where a generated file belongs; remove it and extract again"
            raise UsageError(message)
    elif path.exists() and not owned and not (path.is_file() and path.read_bytes() == content.data):
        message = f"{path}: a file that no earlier extraction wrote; remove it and extract again"
        raise UsageError(message)


def _deletions(root: Path, names: Iterable[str]) -> Iterator[Action]:
    for name in sorted(names):
        path = root / name
        if path.is_file() and not path.is_symlink() and path.resolve().is_relative_to(root.resolve()):
            yield Action("delete", path, None)
    for path in sorted(root.rglob(f"{TEMPORARY}*")):
        if path.is_file() and not path.is_symlink():
            yield Action("delete", path, None)


def plan(root: Path, wanted: Mapping[str, Content], owned: Iterable[str]) -> tuple[Action, ...]:
    """The actions that make *root* hold what is wanted: deletions first, then the files in the order of *wanted*.

    :param wanted: paths relative to *root*, with ``/``, and what each should hold; last the one that names the others,
        so that a run that is killed leaves the earlier list in force.
    :param owned: paths relative to *root* that an earlier run wrote; those not wanted any more are deleted.
    :raises UsageError: something of another's stands where a file belongs.
    """
    earlier = set(owned)
    actions = list(_deletions(root, earlier - wanted.keys()))
    going = {action.path for action in actions}
    for name, content in wanted.items():
        path = root / name
        _refuse_odd_parents(root, path, going)
        _refuse_foreign(path, content, going, owned=name in earlier)
        if not _same(path, content):
            actions.append(Action("update" if path.is_file() else "create", path, content))
    return tuple(actions)


def _sweep(directory: Path) -> None:
    """Remove what a run that was killed had begun to write beside a file."""
    for path in directory.glob(f"{TEMPORARY}*"):
        with suppress(OSError):
            if path.is_file() and time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                path.unlink()


def _write(path: Path, content: Content) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    descriptor, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
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
    done: list[tuple[Action, Content | None, list[Path]]] = []
    try:
        for action in actions:
            before = current(action.path) if action.path.is_file() else None
            done.append((action, before, [parent for parent in action.path.parents if not parent.exists()]))
            _act(action, root)
    except BaseException as error:
        for action, before, missing in reversed(done):
            with suppress(OSError):
                if before is not None:
                    _write(action.path, before)
                else:
                    action.path.unlink(missing_ok=True)
            with suppress(OSError):
                for parent in missing:
                    parent.rmdir()
        if isinstance(error, OSError):
            message = f"{error.filename or root}: cannot be written ({error.strerror}); nothing was changed"
            raise UsageError(message) from error
        raise
