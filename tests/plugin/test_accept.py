"""``ensayar accept`` as a command, after real rehearsals: what fails, is accepted and then passes."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from plugin.calling import Done, call, environment
from plugin.sample import edit, make, shells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ARTICLE = """\
.. rehearse::
   :platform: debian-13
   :login: muro

.. parameter:: word
   :default: hello

.. code-block:: console
   :name: one

   # printf '# x\\n> %s at %s\\n\\033[31mred\\033[0m\\n' @@word@@ "$(date +%F)"
   nothing of the kind
   > @@word@@ on <date>

.. code-block:: console
   :name: any
   :any-order:

   # printf '%s\\n' b c 12 a
   a
   <pid>
   b

.. code-block:: console
   :name: spy
   :background:

   $ echo started; sleep 60

.. code-block:: console
   :name: seen
   :output-of: spy
   :wait: 1
   :stop:

   begun

.. code-block:: console
   :name: wait
   :wait: 1

   $ cat one || echo none
   ready
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A project whose article shows what its commands do not print, in two languages."""
    make(tmp_path)
    (tmp_path / "tests" / "deployment" / "test_a.py").unlink()
    (tmp_path / "posts" / "prose.rst").unlink()
    (tmp_path / "posts" / "a.rst").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "posts" / "a.en.rst").write_text("In English.\n\n" + ARTICLE, encoding="utf-8")
    yield tmp_path
    assert shells(tmp_path) == []


@pytest.fixture
def ensayar(place: Path) -> Callable[..., Done]:
    return partial(call, place)


def test_rehearse_fails_accept_rehearse_passes(ensayar: Callable[..., Done], place: Path) -> None:
    said = []
    for _ in range(4):
        done = ensayar("rehearse", "-q", "posts/a.rst")
        assert done.returncode == 3
        done = ensayar("accept", "posts/a.rst")
        assert (done.returncode, done.stderr) == (0, "")
        said.append(done.stdout.splitlines())
        assert ensayar("accept", "posts/a.rst").stdout.splitlines()[0] == (
            "posts/a.rst: nothing to accept; it shows what was printed"
        )
    assert ensayar("rehearse", "-q", "posts/a.rst").returncode == 0
    assert said[0] == [
        "posts/a.rst:11: step “one”: accepted (-2 +3 lines)",
        "posts/a.en.rst:13: step “one”: accepted (-2 +3 lines)",
        "posts/a.rst: the last rehearsal did not get to any, seen, wait",
    ]
    wanted = (
        ARTICLE.replace(
            "   nothing of the kind\n   > @@word@@ on <date>\n", "   \\# x\n   > @@word@@ at <date>\n   ...red...\n"
        )
        .replace("   <pid>\n   b\n", "   <pid>\n   b\n   c\n")
        .replace("   begun\n", "   started\n")
        .replace("   ready\n", "   cat: one: No such file or directory\n   none\n")
    )
    assert (place / "posts" / "a.rst").read_text(encoding="utf-8") == wanted
    assert (place / "posts" / "a.en.rst").read_text(encoding="utf-8") == "In English.\n\n" + wanted


def test_a_dry_run_shows_and_a_check_tells(ensayar: Callable[..., Done], place: Path) -> None:
    assert ensayar("rehearse", "-q", "posts/a.rst").returncode == 3
    done = ensayar("accept", "posts/a.rst", "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("--- a/posts/a.rst\n+++ b/posts/a.rst\n@@ -9,8 +9,9 @@\n")
    assert "\n--- a/posts/a.en.rst\n" in done.stdout
    done = ensayar("accept", "posts/a.rst", "--check")
    assert (done.returncode, done.stderr) == (1, "")
    assert "posts/a.rst:11: step “one”: would change (-2 +3 lines)\n" in done.stdout
    assert ensayar("accept", "posts/a.rst", "--check", "--dry-run").returncode == 1
    assert (place / "posts" / "a.rst").read_text(encoding="utf-8") == ARTICLE
    diff = ensayar("accept", "posts/a.rst", "--dry-run").stdout
    subprocess.run(["git", "apply", "-"], cwd=place, input=diff, text=True, check=True)
    assert ensayar("accept", "posts/a.rst", "--check").returncode == 0


def test_what_is_left_alone_is_said_with_its_place(ensayar: Callable[..., Done], place: Path) -> None:
    assert ensayar("rehearse", "-q", "posts/a.rst").returncode == 3
    for name in ("a.rst", "a.en.rst"):
        edit(place / "posts" / name, "# printf '# x", "# printf '# y")
    done = ensayar("accept", "posts/a.rst")
    assert done.returncode == 1
    reason = "step “one”: it does something else than what ran in the last rehearsal; rehearse again\n"
    assert done.stderr == f"posts/a.rst:8: {reason}posts/a.en.rst:10: {reason}"
    for name in ("a.rst", "a.en.rst"):
        assert "nothing of the kind" in (place / "posts" / name).read_text(encoding="utf-8")


def test_another_output_of_a_step_that_fails_again_is_recorded_on_the_same_day(
    ensayar: Callable[..., Done], place: Path
) -> None:
    for name in ("a.rst", "a.en.rst"):
        edit(place / "posts" / name, "# printf '# x", "# cat ../count; printf '# x")
    for number in "12":
        (place / "run").mkdir(exist_ok=True)
        (place / "run" / "count").write_text(f"{number}\n", encoding="utf-8")
        assert ensayar("rehearse", "-q", "posts/a.rst").returncode == 3
    assert "\n+   2\n" in ensayar("accept", "posts/a.rst", "--dry-run").stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["posts/a.rst"], 2, "posts/a.rst: not rehearsed yet ("),
        (["posts/a.rst", "--step", "noe"], 2, "no step “noe”; did you mean “one”?"),
        (["posts/a.rst", "--step", "spy"], 2, "posts/a.rst:24: step “spy” shows no output; there is nothing to accept"),
        (["posts/none.rst"], 2, "does not exist"),
        ([], 2, "Missing argument"),
    ],
    ids=["unrehearsed", "no-step", "no-output", "nowhere", "nothing"],
)
def test_a_wrong_call_is_said_in_words(
    ensayar: Callable[..., Done], place: Path, arguments: list[str], status: int, words: str
) -> None:
    done = ensayar("accept", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert (place / "posts" / "a.rst").read_text(encoding="utf-8") == ARTICLE


def test_a_step_that_was_asked_for_and_not_reached(ensayar: Callable[..., Done], place: Path) -> None:
    assert ensayar("rehearse", "-q", "posts/a.rst").returncode == 3
    done = ensayar("accept", "posts/a.rst", "--step", "wait")
    assert done.returncode == 1
    assert "posts/a.rst:38: step “wait”: the last rehearsal did not get there; rehearse again\n" in done.stderr
    assert (place / "posts" / "a.rst").read_text(encoding="utf-8") == ARTICLE


def test_from_another_language_and_another_directory(ensayar: Callable[..., Done], place: Path) -> None:
    assert ensayar("rehearse", "-q", "posts/a.rst").returncode == 3
    done = subprocess.run(
        [sys.executable, "-m", "ensayar.cli", "accept", "a.en.rst", "--step", "one"],
        cwd=place / "posts",
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("a.rst", "a.en.rst"):
        assert "nothing of the kind" not in (place / "posts" / name).read_text(encoding="utf-8")
