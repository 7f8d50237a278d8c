"""Two runs at the same time end together, tell of both, and are never left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import halves

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SLEEPER = (
    "echo $$ >{pids}/{name}; trap 'echo {name} got INT >>{pids}/heard; exit 130' INT; while :; do sleep 0.05; done"
)


def halves_of(shown: str, kept: str, log: Path) -> list[str]:
    commands = [["sh", "-c", shown], ["sh", "-c", kept]]
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'tests')!r}); import pathlib, halves; "
        f"sys.exit(halves.run({commands[0]!r}, {commands[1]!r}, pathlib.Path({str(log)!r})))"
    )
    return [sys.executable, "-c", program]


def outcome(shown: str, kept: str, log: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(halves_of(shown, kept, log), check=False, capture_output=True, text=True, timeout=60)


@pytest.fixture
def sleepers(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Two runs that end for a signal only; their process ids stand in files ``one`` and ``other``."""
    one, other = (SLEEPER.format(pids=tmp_path, name=name) for name in ("one", "other"))
    command = halves_of(one, other, tmp_path / "log")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert eventually(lambda: all((tmp_path / name).exists() for name in ("one", "other")))
        yield process
        process.kill()


def eventually(holds: object) -> bool:
    until = time.monotonic() + 20
    assert callable(holds)
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return bool(holds())


def running(directory: Path) -> list[str]:
    return [name for name in ("one", "other") if Path(f"/proc/{(directory / name).read_text().strip()}/cwd").exists()]


@pytest.mark.parametrize(
    ("shown", "kept", "status", "said"),
    [
        ("exit 0", "exit 0", 0, []),
        ("exit 3", "exit 0", 3, ["./dev: the tests with the article ended with 3"]),
        ("exit 0", "exit 1", 1, ["./dev: the tests without the article ended with 1"]),
        ("kill -9 $$", "exit 0", 137, ["./dev: the tests with the article ended with -9"]),
    ],
)
def test_red_is_what_is_red_in_either(shown: str, kept: str, status: int, said: list[str], tmp_path: Path) -> None:
    done = outcome(shown, kept, tmp_path / "log")
    assert (done.returncode, done.stderr.splitlines()) == (status, said)


def test_what_both_said_is_shown_and_the_one_that_is_kept_comes_last(tmp_path: Path) -> None:
    done = outcome("sleep 0.3; echo shown; echo aloud >&2", "echo kept; echo aside >&2", tmp_path / "log")
    assert done.stdout.splitlines() == ["shown", "· the tests without the article:", "kept", "aside"]
    assert done.stderr == "aloud\n"


def test_both_run_at_the_same_time(tmp_path: Path) -> None:
    meet = "touch {0}; for i in $(seq 200); do test -e {1} && exit 0; sleep 0.05; done; exit 1"
    one, other = tmp_path / "one", tmp_path / "other"
    done = outcome(meet.format(one, other), meet.format(other, one), tmp_path / "log")
    assert done.returncode == 0, done.stderr


def test_an_interrupt_reaches_both_once(sleepers: subprocess.Popen[str], tmp_path: Path) -> None:
    sleepers.send_signal(signal.SIGINT)
    assert sleepers.wait(20) == 130
    heard = (tmp_path / "heard").read_text(encoding="utf-8").splitlines()
    assert sorted(heard) == ["one got INT", "other got INT"]


def test_killed_it_leaves_nothing_behind(sleepers: subprocess.Popen[str], tmp_path: Path) -> None:
    assert running(tmp_path) == ["one", "other"]
    os.kill(sleepers.pid, signal.SIGKILL)
    assert eventually(lambda: not running(tmp_path))


def test_each_test_of_the_suite_is_in_one_half_and_the_machines_of_the_second_come_last() -> None:
    second = halves.without_article(ROOT)
    homes = {f"tests/{path.relative_to(ROOT / 'tests').parts[0]}" for path in (ROOT / "tests").rglob("test_*.py")}
    assert homes == {*halves.WITH_ARTICLE, *halves.APART, *second} & homes
    assert not {*halves.WITH_ARTICLE, *halves.APART} & set(second)
    assert (ROOT / halves.ARTICLE).is_file()
    assert second[-1] == halves.AT_LAST
    for path in (path for folder in second[:-1] for path in (ROOT / folder).rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"mark\.vm\b", text) or re.search(r"mark\.long\b", text), path
