"""The command called wrong on purpose: one line, exit code 2, no traceback, nothing written."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ensayar import __version__
from ensayar.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result


@pytest.fixture(autouse=True)
def sigterm() -> Iterator[None]:
    """The command sets its own handler."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def listing(root: Path) -> list[str]:
    return sorted(str(path) for path in root.rglob("*"))


COMMANDS = ["extract", "rehearse", "coverage"]


@pytest.mark.parametrize("command", COMMANDS)
def test_outside_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{tmp_path}: no “posts/” here or above; run this inside a project\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_project_without_articles(project: Path, command: str) -> None:
    result = call(command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{project}/posts: no articles (*.rst) here; write one\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_an_article_that_is_not_there(project: Path, command: str) -> None:
    before = listing(project)
    result = call(command, "posts/none.rst")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "File 'posts/none.rst' does not exist." in result.stderr
    assert listing(project) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_directory_for_an_article(project: Path, command: str) -> None:
    assert project.is_dir()
    result = call(command, "posts")
    assert result.exit_code == 2
    assert "File 'posts' is a directory." in result.stderr


@pytest.mark.parametrize("command", [*COMMANDS, "mutate", "shell", "accept"])
def test_a_post_that_is_not_executable(project: Path, command: str) -> None:
    (project / "posts" / "prose.rst").write_text("Words.\n", encoding="utf-8")
    result = call(command, "posts/prose.rst")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "posts/prose.rst: not an executable article; it has no “.. rehearse::” directive\n"


@pytest.mark.parametrize("command", [*COMMANDS, "mutate", "shell", "accept"])
def test_an_article_that_is_not_utf_8(project: Path, command: str) -> None:
    (project / "posts" / "a.rst").write_bytes(b"\xff")
    result = call(command, "posts/a.rst")
    assert (result.exit_code, result.stderr) == (2, "posts/a.rst: not UTF-8 (invalid start byte); save it as UTF-8\n")


@pytest.mark.parametrize("command", [*COMMANDS, "mutate", "shell", "accept"])
def test_an_article_that_is_written_wrong(project: Path, command: str) -> None:
    text = ".. rehearse::\n   :platform: debian-13\n\n.. code-block:: python\n\n   x\n"
    (project / "posts" / "a.rst").write_text(text, encoding="utf-8")
    before = listing(project)
    result = call(command, "posts/a.rst")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("posts/a.rst:4: nothing says what becomes of this “python” block")
    assert len(result.stderr.splitlines()) == 1
    assert listing(project) == before


def test_an_output_that_is_a_file(project: Path, everything: Path) -> None:
    result = call("extract", "--output", str(everything))
    assert result.exit_code == 2
    assert "is a file" in result.stderr
    assert not (project / "tutorial").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["xtract"],
        ["extract", "--chekc"],
        ["extract", "--output"],
        ["shell"],
        ["shell", "a", "b"],
        ["image", "bild"],
        ["coverage", "--fail-under", "101"],
        ["coverage", "--fail-under", "-1"],
        ["coverage", "--fail-under", "all"],
        ["coverage", "--format", "xml"],
        ["coverage", "--verifed"],
    ],
)
def test_what_does_not_exist(project: Path, arguments: list[str]) -> None:
    before = listing(project)
    result = call(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr
    assert listing(project) == before


def test_from_a_directory_below(project: Path, everything: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(everything.parent)
    assert call("extract", "everything.rst").exit_code == 0
    assert (project / "tutorial" / "everything" / "deploy.sh").is_file()


def test_check_and_dry_run_together_write_nothing(project: Path, everything: Path) -> None:
    assert everything.is_file()
    assert call("extract", "--check", "--dry-run").exit_code == 1
    assert not (project / "tutorial").exists()


def test_help_names_every_command_and_option() -> None:
    said = call("--help").stdout
    assert all(command in said for command in ("extract", "rehearse", "accept", "shell", "coverage", "image"))
    for option in ("--check", "--dry-run", "--output"):
        assert option in call("extract", "-h").stdout


def test_its_version(project: Path) -> None:
    # a process of its own, as it is installed
    done = subprocess.run(
        [sys.executable, "-m", "ensayar.cli", "--version"], cwd=project, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"ensayar, version {__version__}\n")
