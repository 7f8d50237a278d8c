"""Extraction as people and programs call it: what is written, what is refused, and how a killed run is mended."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ensayar import extract
from ensayar.cli import main
from ensayar.errors import ArticleError
from ensayar.project import Project

if TYPE_CHECKING:
    from ensayar.model import Article

SLOW = """
import os, sys, time
from pathlib import Path
from ensayar.cli import main

replace, unlink = Path.replace, Path.unlink
left = int(sys.argv.pop(1))

def pause():
    global left
    left -= 1
    if left == -1:
        print("here", flush=True)
        time.sleep(60)

def slow_replace(self, target):
    pause()
    return replace(self, target)

def slow_unlink(self, missing_ok=False):
    pause()
    return unlink(self, missing_ok)

Path.replace, Path.unlink = slow_replace, slow_unlink
main()
"""


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def ensayar(*arguments: str, cwd: Path) -> Done:
    """The command in this process; what a process of its own changes is tested below."""
    assert cwd == Path.cwd()
    before = signal.getsignal(signal.SIGTERM)
    try:
        result = CliRunner().invoke(main, arguments)
    finally:
        signal.signal(signal.SIGTERM, before)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def contents(root: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(root)): (path.stat().st_mode & 0o777, path.read_bytes())
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_a_deployment_mirrors_the_machine(project: Path, everything: Path) -> None:
    done = ensayar("extract", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    found = contents(project / "tutorial")
    assert set(found) == {
        "everything/deploy.sh",
        "everything/manifest.json",
        "everything/files/etc/muro/a.ini",
        "everything/files/usr/local/bin/tool",
    }
    # the later of two steps for one path is what the machine holds in the end
    assert found["everything/files/etc/muro/a.ini"] == (0o644, b"user = root\n")
    assert found["everything/files/usr/local/bin/tool"] == (0o755, "#!/bin/sh\necho año\n".encode())
    assert found["everything/deploy.sh"][0] == 0o755
    assert everything.is_file()


def test_twice_is_byte_identical_and_the_second_time_does_nothing(project: Path, everything: Path) -> None:
    assert everything.is_file()
    first = ensayar("extract", cwd=project)
    before = contents(project / "tutorial")
    times = {path: path.stat().st_mtime_ns for path in (project / "tutorial").rglob("*")}
    again = ensayar("extract", cwd=project)
    assert (len(first.stdout.splitlines()), again.stdout) == (4, "")
    assert {path: path.stat().st_mtime_ns for path in (project / "tutorial").rglob("*")} == times
    shutil.rmtree(project / "tutorial")
    environment = {**os.environ, "PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-m", "ensayar.cli", "extract"], cwd=everything.parent, env=environment, check=True)
    assert contents(project / "tutorial") == before


def test_a_change_writes_what_it_touches(project: Path, everything: Path) -> None:
    ensayar("extract", cwd=project)
    everything.write_text(everything.read_text().replace("echo año", "echo ya"), encoding="utf-8")
    assert [line.rpartition("/")[2] for line in ensayar("extract", cwd=project).stdout.splitlines()] == [
        "tool",
        "deploy.sh",
        "manifest.json",
    ]
    everything.write_text(f"Prose.\n\n{everything.read_text()}\nMore prose.\n", encoding="utf-8")
    assert ensayar("extract", cwd=project).stdout == ""


def test_stale_files_go_and_evidence_stays(project: Path, everything: Path) -> None:
    ensayar("extract", cwd=project)
    evidence = project / "tutorial" / "everything" / "evidence" / "evidence.json"
    evidence.parent.mkdir()
    evidence.write_text("{}", encoding="utf-8")
    text = everything.read_text().replace("/usr/local/bin/tool", "/usr/bin/tool")
    everything.write_text(text, encoding="utf-8")
    checked = ensayar("extract", "--check", cwd=project)
    assert checked.returncode == 1
    assert f"delete {project}/tutorial/everything/files/usr/local/bin/tool" in checked.stdout
    assert ensayar("extract", cwd=project).returncode == 0
    assert not (project / "tutorial/everything/files/usr/local").exists()
    assert (project / "tutorial/everything/files/usr/bin/tool").is_file()
    assert evidence.read_text(encoding="utf-8") == "{}"
    assert ensayar("extract", "--check", cwd=project).returncode == 0


def test_check_and_dry_run_say_what_differs_and_write_nothing(project: Path, everything: Path) -> None:
    assert everything.is_file()
    checked, dry = ensayar("extract", "--check", cwd=project), ensayar("extract", "--dry-run", cwd=project)
    assert (checked.returncode, dry.returncode) == (1, 0)
    assert checked.stdout == dry.stdout
    assert len(dry.stdout.splitlines()) == 4
    assert not (project / "tutorial").exists()
    ensayar("extract", cwd=project)
    agreed = ensayar("extract", "--check", cwd=project)
    assert (agreed.returncode, agreed.stdout, agreed.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b"other"),
        lambda path: path.chmod(0o644),
        lambda path: (path.parent / ".ensayar-x").touch(),
    ],
    ids=["gone", "changed", "mode", "leftover"],
)
def test_check_finds_every_damage_and_a_run_mends_it(project: Path, everything: Path, damage: object) -> None:
    assert everything.is_file()
    ensayar("extract", cwd=project)
    before = contents(project / "tutorial")
    assert callable(damage)
    damage(project / "tutorial/everything/files/usr/local/bin/tool")
    assert ensayar("extract", "--check", cwd=project).returncode == 1
    assert ensayar("extract", cwd=project).returncode == 0
    assert contents(project / "tutorial") == before


def test_check_finds_what_no_article_writes(project: Path, everything: Path) -> None:
    ensayar("extract", cwd=project)
    stray = project / "tutorial/everything/files/etc/mine"
    stray.write_text("mine", encoding="utf-8")
    checked = ensayar("extract", "--check", cwd=project)
    assert (checked.returncode, checked.stderr) == (1, f"{stray}: no article writes this file; delete it\n")
    stray.unlink()
    everything.unlink()
    (project / "posts" / "other.rst").write_text("Text.\n", encoding="utf-8")
    gone = ensayar("extract", "--check", cwd=project)
    assert gone.returncode == 1
    assert gone.stderr == f"{project}/tutorial/everything: its article is gone; delete the directory\n"


def test_another_place_for_the_output(project: Path, everything: Path) -> None:
    assert everything.is_file()
    assert ensayar("extract", "--output", "elsewhere", cwd=project).returncode == 0
    assert ensayar("extract", "--output", str(project / "elsewhere"), "--check", cwd=project).returncode == 0
    assert not (project / "tutorial").exists()
    assert (project / "elsewhere/everything/manifest.json").is_file()


@pytest.mark.parametrize("what", ["file", "link", "directory"])
def test_what_is_in_the_way_stops_all_articles(project: Path, everything: Path, what: str) -> None:
    (project / "posts" / "another.rst").write_text(everything.read_text(), encoding="utf-8")
    place = project / "tutorial/everything/files/etc/muro/a.ini"
    place.parent.mkdir(parents=True)
    if what == "file":
        place.write_text("mine", encoding="utf-8")
    elif what == "link":
        place.symlink_to("/etc/hostname")
    else:
        (place / "mine").mkdir(parents=True)
        (place / "mine" / "x").touch()
    done = ensayar("extract", cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{place}: a ")
    assert len(done.stderr.splitlines()) == 1
    assert not (project / "tutorial/another").exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}', "\N{REPLACEMENT CHARACTER}"])
def test_a_manifest_that_cannot_be_read_is_refused(project: Path, everything: Path, text: str) -> None:
    assert everything.is_file()
    ensayar("extract", cwd=project)
    path = project / "tutorial/everything/manifest.json"
    path.write_text(text, encoding="utf-8")
    done = ensayar("extract", cwd=project)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{path}: not a manifest (")
    assert len(done.stderr.splitlines()) == 1


def test_a_directory_for_a_manifest_is_refused(project: Path, everything: Path) -> None:
    assert everything.is_file()
    path = project / "tutorial/everything/manifest.json"
    path.mkdir(parents=True)
    done = ensayar("extract", cwd=project)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_two_articles_of_one_slug_are_refused(project: Path, everything: Path) -> None:
    other = project / "posts" / "more" / "everything.rst"
    other.parent.mkdir()
    other.write_text(everything.read_text(), encoding="utf-8")
    with pytest.raises(ArticleError, match=r"the slug “everything” is also that of posts/everything\.rst"):
        extract.read([everything, other], project)


def test_the_problems_of_all_articles_are_said_at_once(project: Path, everything: Path) -> None:
    assert everything.is_file()
    for name in "ab":
        text = ".. rehearse::\n   :platform: debian-13\n\n.. code-block:: python\n\n   x\n"
        (project / "posts" / f"{name}.rst").write_text(text, encoding="utf-8")
    done = ensayar("extract", cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.split(" ")[0] for line in done.stderr.splitlines()] == ["posts/a.rst:4:", "posts/b.rst:4:"]
    assert not (project / "tutorial").exists()


def test_what_an_editor_leaves_beside_a_post_is_none(project: Path, everything: Path) -> None:
    (project / "posts" / ".#everything.rst").symlink_to("user@host.123")
    assert Project(project).articles() == (everything,)
    assert ensayar("extract", cwd=project).returncode == 0


def test_a_target_that_cannot_be_written_to_is_said_in_one_line(project: Path, everything: Path) -> None:
    assert everything.is_file()
    done = ensayar("extract", "--output", "/proc/tutorial", cwd=project)
    assert done.returncode == 2
    assert re.fullmatch(r"/proc/tutorial.*: cannot be written \(.*\); nothing was changed\n", done.stderr)


def slow(project: Path, actions: int) -> subprocess.Popen[str]:
    """An extraction that stands still before action number *actions* from 0."""
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(actions), "extract"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while (line := process.stdout.readline()) != "here\n":
        assert line, "it ended before"
    return process


@pytest.mark.parametrize("actions", range(5))
def test_a_killed_run_is_noticed_and_the_next_one_mends_it(project: Path, everything: Path, actions: int) -> None:
    ensayar("extract", cwd=project)
    text = everything.read_text().replace("/usr/local/bin/tool", "/opt/tool").replace("= root", "= nobody")
    everything.write_text(text, encoding="utf-8")
    ensayar("extract", "--output", "wanted", cwd=project)
    # a deletion, then the files, then deploy.sh, then the manifest
    process = slow(project, actions)
    process.kill()
    process.communicate()
    assert ensayar("extract", "--check", cwd=project).returncode == 1
    assert ensayar("extract", cwd=project).returncode == 0
    assert contents(project / "tutorial") == contents(project / "wanted")
    assert ensayar("extract", "--check", cwd=project).returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_all_as_it_was(project: Path, everything: Path, number: signal.Signals) -> None:
    ensayar("extract", cwd=project)
    before = contents(project / "tutorial")
    text = everything.read_text().replace("/usr/local/bin/tool", "/opt/tool").replace("= root", "= nobody")
    everything.write_text(text, encoding="utf-8")
    process = slow(project, 3)
    time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, "interrupted\n")
    assert contents(project / "tutorial") == before


def test_the_tree_of_an_article_is_the_same_wherever_it_is_made(article: Article) -> None:
    assert extract.tree(article) == extract.tree(article)
    assert list(extract.tree(article))[-1] == "manifest.json"
