"""Where the benchmark works: a copy of the project with an empty cache of its own, gone when it is over.

The author's checkpoints, evidence and articles are left alone; only the machine's image is shared.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ensayar import evidence
from ensayar.checkpoints.store import Store
from ensayar.machine.paths import CACHE_VARIABLE, cache_directory, images_directory
from ensayar.model import ConsoleStep
from ensayar.parameters import resolve
from ensayar.rst import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ensayar.checkpoints.store import Entry
    from ensayar.evidence import Evidence
    from ensayar.model import Article

_COPIED = ("posts", "tests/conftest.py", "tests/deployment", "pyproject.toml")
_GOODBYE = 60.0  # seconds in which a command that is interrupted puts away its machine
_AGES = 1e9  # seconds; nothing gets as old here


@dataclass(frozen=True, slots=True)
class Place:
    """A copy of the project."""

    root: Path
    """Its directory."""
    cache: Path
    """Its cache: checkpoints, results, running machines."""
    post: Path
    """The article that is rehearsed."""
    say: Callable[[str], None]
    """Gets a line of progress now and then."""

    @property
    def article(self) -> Article:
        """The article as it is now."""
        found = parse(self.post, root=self.root)
        assert found is not None
        return resolve(found)

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """For commands that are to use this cache."""
        return {**environment(), CACHE_VARIABLE: str(self.cache), **(more or {})}

    def rehearse(self, *options: str) -> float:
        """Seconds that ``ensayar rehearse`` takes, from the key stroke to the verdict."""
        command = [str(Path(sys.executable).with_name("ensayar")), "rehearse", "--quiet", *options, str(self.post)]
        return run(command, self.root, self.environment())

    def evidence(self) -> Evidence:
        """The record of the last rehearsal."""
        found = evidence.load(self.root / "tutorial" / self.article.slug / "evidence" / evidence.FILE_NAME)
        assert found is not None
        return found

    def checkpoints(self) -> tuple[Entry, ...]:
        """What rehearsals have kept here."""
        return tuple(Store(self.cache / "checkpoints", max_bytes=_AGES * 1e9, max_age=_AGES).entries())

    @contextlib.contextmanager
    def edited(self, step: str, mark: str) -> Iterator[None]:
        """The article with a comment at the end of the first command of *step*; afterwards as it was."""
        before = self.post.read_bytes()
        console = self.article.step(step)
        assert isinstance(console, ConsoleStep)
        lines = before.decode().split("\n")
        number = console.commands[0].location.line - 1
        lines[number] += f" # {mark}"
        self.post.write_text("\n".join(lines), encoding="utf-8")
        try:
            yield
        finally:
            self.post.write_bytes(before)


def _beside() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="bench-", dir=cache_directory())


@contextlib.contextmanager
def made(project: Path, post: str, say: Callable[[str], None], keep: Path | None = None) -> Iterator[Place]:
    """A copy of *project* in which *post* (relative to it) can be rehearsed; in the directory *keep* it stays.

    What *keep* holds already is used as it is.
    """
    cache_directory().mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        # beside the checkpoints of everyday: on the same file system, and where there is room
        directory = keep.absolute() if keep else Path(stack.enter_context(_beside()))
        place = Place(directory / "project", directory / "cache", directory / "project" / post, say)
        if not place.post.is_file():
            _furnish(place, project)
        yield place


def _furnish(place: Place, project: Path) -> None:
    place.root.mkdir(parents=True, exist_ok=True)
    place.cache.mkdir(exist_ok=True)
    images_directory().mkdir(exist_ok=True)
    images = place.cache / "images"
    if not images.exists():
        images.symlink_to(images_directory().resolve())
    for each in _COPIED:
        source, target = project / each, place.root / each
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        elif source.exists():
            shutil.copy2(source, target)
    known = cache_directory() / "accelerator.json"  # which accelerator works here, found out already
    if known.is_file():
        shutil.copy2(known, place.cache)


def environment() -> dict[str, str]:
    """For commands: the person's own, apart from what changes how Python starts."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def run(command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> float:
    """Seconds that *command* takes.

    :raises RuntimeError: it failed; with what it said last.
    """
    return told(command, directory, environment)[0]


def told(command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> tuple[float, str]:
    """Seconds that *command* takes, and what it prints.

    :raises RuntimeError: it failed; with what it said last.
    """
    started = time.monotonic()
    # in a group of its own: Ctrl-C is for us, who pass it on and wait until it has cleaned up
    process = subprocess.Popen(
        command,
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate()
        elapsed = time.monotonic() - started
    except BaseException:
        _end(process)
        raise
    printed = said.decode(errors="replace")
    if process.returncode != 0:
        tail = "\n".join(printed.splitlines()[-40:])
        message = f"{Path(command[0]).name} ended with {process.returncode}:\n{tail}"
        raise RuntimeError(message)
    return elapsed, printed


def processor_seconds() -> float:
    """Of all commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_GOODBYE)
            return
