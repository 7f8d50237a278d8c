"""``ensayar watch``."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ensayar import project
from ensayar.cli.common import ARTICLE, PARAMETERS
from ensayar.errors import EXIT_STEP_FAILED, EXIT_USAGE
from ensayar.machine.tools import tied_to_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ensayar.project import Project

PAUSE = 0.3
"""Seconds between two looks at the files, and how long they must have been left alone: editors write in pieces."""
GOODBYE_SECONDS = 30.0
_SUFFIXES = {".rst", ".py", ".inc", ".txt", ".toml", ".ini", ".json", ".cfg"}
_SETTINGS = ("conftest.py", "pyproject.toml", "pytest.ini")


@click.command()
@ARTICLE
@PARAMETERS
def watch(article: Path, parameters: tuple[str, ...]) -> None:
    """Rehearse ARTICLE now and whenever it or its checks are saved, from the first step that changed.

    Writes no evidence; Ctrl-C ends it. What is saved while a rehearsal runs starts it anew.
    """
    place = project.find(Path.cwd())
    options = [word for parameter in parameters for word in ("--parameter", parameter)]
    command = [sys.executable, "-m", "ensayar.cli", "rehearse", "--no-evidence", *options, "--", str(article)]
    while True:
        seen = stamps(place)
        click.echo(f"── {time.strftime('%H:%M:%S')} {article}")
        code = run(command, lambda seen=seen: stamps(place) != seen)  # type: ignore[misc]  # mypy: lambda's default
        if code is not None:
            click.echo(f"── {_verdict(code)}; waiting for it to be saved")
            while stamps(place) == seen:
                time.sleep(PAUSE)
        settle(place)


def run(command: Sequence[str], outdated: Callable[[], bool]) -> int | None:
    """The exit code of *command*; ``None`` where it became *outdated* and was interrupted."""
    # of its own session, so that Ctrl-C reaches this process alone, which then asks the other to clean up
    process = subprocess.Popen([*tied_to_parent("INT"), *command], stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        while (code := process.poll()) is None:
            if outdated():
                return None
            time.sleep(PAUSE)
        return code
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(GOODBYE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def settle(place: Project) -> None:
    """Return when the files have been left alone for a moment."""
    before = stamps(place)
    while True:
        time.sleep(PAUSE)
        now = stamps(place)
        if now == before:
            return
        before = now


def stamps(place: Project) -> dict[Path, tuple[int, int]]:
    """What tells one version of the posts, the checks and the settings from another: time of modification and size."""
    found: dict[Path, tuple[int, int]] = {}
    beside = [place.root / name for name in _SETTINGS]
    for path in itertools.chain(place.posts.rglob("*"), place.checks.parent.rglob("*"), beside):
        if path.suffix not in _SUFFIXES or path.name.startswith("."):
            continue
        try:
            status = path.stat()
        except OSError:
            continue  # it is being replaced
        found[path] = (status.st_mtime_ns, status.st_size)
    return found


def _verdict(code: int) -> str:
    words = {0: "passed", EXIT_USAGE: "written wrong", EXIT_STEP_FAILED: "failed"}
    return words.get(code, f"ended with {code}")
