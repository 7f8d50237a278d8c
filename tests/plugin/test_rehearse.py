"""``ensayar rehearse`` as a command: its exit codes, what it says, and the evidence it leaves."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import time
import xml.etree.ElementTree as ET
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING

import jsonschema
import pytest
from click.testing import CliRunner

from ensayar import variation
from ensayar.cli import main
from ensayar.digest import step_digest
from ensayar.evidence import Evidence, load
from ensayar.parameters import resolve
from ensayar.rst import parse
from plugin.calling import ENSAYAR, Done, call, environment
from plugin.sample import ARTICLE, CHECKS, edit, make, shells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SCHEMA = json.loads((files("ensayar") / "schemas" / "evidence.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A project with an article and its checks; nothing may be left running in it."""
    yield make(tmp_path)
    assert shells(tmp_path) == []


@pytest.fixture
def ensayar(place: Path) -> Callable[..., Done]:
    return partial(call, place)


def evidence(place: Path, slug: str = "a") -> Evidence | None:
    path = place / "tutorial" / slug / "evidence" / "evidence.json"
    if path.exists():
        jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), SCHEMA)
    return load(path)


def statuses(found: Evidence | None) -> dict[str, str]:
    assert found is not None
    return {step.name: step.status for step in found.steps}


def test_a_good_article_passes_and_leaves_evidence(ensayar: Callable[..., Done], place: Path) -> None:
    edit(place / "posts" / "a.rst", "   :login: muro", "   :login: muro\n   :versions: bash no-such-package")
    edit(
        place / "posts" / "a.rst",
        "   # echo four >> log\n",
        "   # echo four >> log\n\n.. code-block:: sh\n   :skip: no\n\n   x\n",
    )
    done = ensayar("rehearse")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [re.sub(r"\d+:\d\d|\d+\.\d s", "T", line) for line in done.stdout.splitlines()]
    assert lines == [
        "T ✓ [1/4] one  T  posts/a.rst:9",
        "       ✓ The file one holds the word.  T",
        "       ✓ only one was played  T",
        "T ✓ [2/4] two  T  posts/a.rst:15",
        "T ✓ [3/4] three  T  posts/a.rst:22",
        "       ✓ three is there  T",
        "T ✓ [4/4] four  T  posts/a.rst:28",
        "       ✓ log is complete  T",
        "passed: 4 steps, 4 checks, T",
    ]
    found = evidence(place)
    assert found is not None
    assert (found.article, found.source, found.outcome, found.parameters) == (
        "a",
        "posts/a.rst",
        "passed",
        {"word": "hello"},
    )
    assert list(found.versions) == ["bash"]
    assert found.machine.adaptations == ("The computer itself was lent.",)
    assert [(skip.location, skip.reason) for skip in found.skips] == [("posts/a.rst:33", "no")]
    assert set(statuses(found).values()) == {"passed"}
    two = found.steps[1]
    assert (two.kind, two.location) == ("console", "posts/a.rst:15")
    assert [(item.command, item.account, item.exit_status, item.output) for item in two.commands] == [
        ("cat one", "$", 0, "hello\n"),
        ("echo two >> log", "#", 0, ""),
    ]
    assert [(check.name.rpartition("::")[2], check.description, check.passed) for check in found.steps[0].checks] == [
        ("test_one_is_there", "The file one holds the word.", True),
        ("test_only_one_was_played", "only one was played", True),
    ]
    article = parse(place / "posts" / "a.rst", root=place)
    assert article is not None
    assert [step.digest for step in found.steps] == [step_digest(step) for step in resolve(article).steps]
    # the same again on the same day leaves the file alone
    path = place / "tutorial" / "a" / "evidence" / "evidence.json"
    os.utime(path, (1, 1))
    assert ensayar("rehearse", "posts/a.rst").returncode == 0
    assert path.stat().st_mtime == 1 or load(path) != found  # at midnight the day changes


def test_a_failed_step_is_said_with_all_that_helps(ensayar: Callable[..., Done], place: Path) -> None:
    edit(place / "posts" / "a.rst", "   hello\n   #", "   goodbye\n   #")
    done = ensayar("rehearse")
    assert done.returncode == 3
    assert re.search(r"^\d:\d\d ✗ \[2/4\] two  \d\.\d s  posts/a\.rst:14$", done.stdout, re.MULTILINE)
    assert done.stdout.splitlines()[-1].startswith("failed: 1 steps, 2 checks, 4 not reached, ")
    assert done.stderr == (
        "\nposts/a.rst:17: step “two”: the output is not what the article shows\n"
        "  command\n    cat one\n"
        "  - what the article shows, + what the machine printed, ? why\n    - goodbye\n    + hello\n"
        "    ? differs at column 1\n"
        "  the machine's last lines\n    hello\n"
        "  a shell there\n    ensayar shell posts/a.rst --at two --before\n"
    )
    found = evidence(place)
    assert found is not None
    assert found.outcome == "failed"
    assert statuses(found) == {"one": "passed", "two": "failed", "three": "not reached", "four": "not reached"}
    assert [command_.output for command_ in found.steps[1].commands] == ["hello\n"]


def test_a_failed_check_fails_its_step(ensayar: Callable[..., Done], place: Path) -> None:
    edit(place / "tests" / "deployment" / "test_a.py", '"three") ==', '"three") != "x" ==')
    done = ensayar("rehearse", "posts/a.rst")
    assert done.returncode == 3
    assert "       ✗ three is there" in done.stdout
    assert "posts/a.rst:21: step “three”: a check failed: three is there\n" in done.stderr
    assert "ensayar shell posts/a.rst --at three\n" in done.stderr
    assert "AssertionError" in done.stderr
    found = evidence(place)
    assert found is not None
    assert found.outcome == "failed"
    assert statuses(found) == {"one": "passed", "two": "passed", "three": "failed", "four": "not reached"}
    assert [check.passed for check in found.steps[2].checks] == [False]


def test_a_machine_that_fails_has_its_own_code_and_leaves_no_evidence(
    ensayar: Callable[..., Done], place: Path
) -> None:
    edit(place / "posts" / "a.rst", "   # echo two >> log", "   # : machine down")
    done = ensayar("rehearse")
    assert done.returncode == 4
    assert done.stderr == "\ninfrastructure: the machine is gone\n  what to do\n    plug it in\n"
    assert done.stdout.splitlines()[-1].startswith("failed: 1 steps, 2 checks, 4 not reached, ")
    assert evidence(place) is None


def test_a_machine_that_cannot_be_had(ensayar: Callable[..., Done], place: Path) -> None:
    (place / "no-machine").touch()
    done = ensayar("rehearse")
    assert done.returncode == 4
    assert done.stderr == "\ninfrastructure: no machine to be had\n  what to do\n    buy one\n"
    assert evidence(place) is None


def test_a_bug_has_a_code_of_its_own_and_its_traceback(ensayar: Callable[..., Done], place: Path) -> None:
    edit(
        place / "conftest.py",
        'return LocalMachine.start(ROOT / "run")',
        'machine = LocalMachine.start(ROOT / "run")\n        machine.put = None\n        return machine',
    )
    done = ensayar("rehearse")
    assert done.returncode == 1
    assert "TypeError: 'NoneType' object is not callable" in done.stderr
    assert evidence(place) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nowhere\n", "No module named 'nowhere'"),
        ("def (\n", "SyntaxError"),
        (CHECKS.replace('after_step("four")', 'after_step("fuor")'), "did you mean “four”?"),
        (CHECKS.replace('article("a")', 'article("b")'), "no article “b”"),
    ],
    ids=["import", "syntax", "step", "article"],
)
def test_checks_that_are_written_wrong_are_a_wrong_call(
    ensayar: Callable[..., Done], place: Path, text: str, words: str
) -> None:
    (place / "tests" / "deployment" / "test_a.py").write_text(text, encoding="utf-8")
    done = ensayar("rehearse")
    assert done.returncode == 2
    assert words in done.stderr
    assert not (place / "machines").exists()


def test_an_article_that_is_written_wrong_starts_no_machine(ensayar: Callable[..., Done], place: Path) -> None:
    edit(place / "posts" / "a.rst", ":name: three", ":nmae: three")
    done = ensayar("rehearse")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "posts/a.rst:21: unknown option “:nmae:”; did you mean “name”?\n"
    assert not (place / "machines").exists()


def test_an_ordinary_test_beside_the_checks_may_fail(ensayar: Callable[..., Done], place: Path) -> None:
    (place / "tests" / "deployment" / "test_z.py").write_text("def test_z():\n    assert 1 == 2\n", encoding="utf-8")
    done = ensayar("rehearse")
    assert done.returncode == 3
    assert "tests/deployment/test_z.py::test_z" in done.stderr
    assert "INTERNALERROR" not in done.stderr


def test_until_stops_after_a_step_and_its_checks(ensayar: Callable[..., Done], place: Path) -> None:
    done = ensayar("rehearse", "--until", "one")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("passed: 1 steps, 2 checks, ")
    assert (place / "run" / "machine" / "log").read_text(encoding="utf-8") == "one\n"
    assert evidence(place) is None


def test_another_value_leaves_no_evidence(ensayar: Callable[..., Done], place: Path) -> None:
    edit(place / "posts" / "a.rst", "   hello\n   #", "   @@word@@\n   #")
    edit(place / "tests" / "deployment" / "test_a.py", '== "hello\\n"', '== "other\\n"')
    done = ensayar("rehearse", "-p", "word=other")
    assert (done.returncode, done.stderr) == (0, "")
    assert evidence(place) is None


def test_quiet_says_the_last_line_only_and_no_evidence_is_kept(ensayar: Callable[..., Done], place: Path) -> None:
    done = ensayar("rehearse", "--quiet", "--no-evidence")
    assert evidence(place) is None
    assert re.fullmatch(r"passed: 4 steps, 4 checks, \d:\d\d\n", done.stdout)
    assert done.stderr == ""


def test_junit_names_every_step_and_check(ensayar: Callable[..., Done], place: Path) -> None:
    assert ensayar("rehearse", "--junit", "report.xml").returncode == 0
    report = ET.parse(place / "report.xml")  # noqa: S314  (written by the command above)
    assert [case.get("name") for case in report.iter("testcase")] == [
        "one",
        "test_one_is_there",
        "test_only_one_was_played",
        "two",
        "three",
        "test_three_is_there",
        "four",
        "test_log_is_complete",
    ]


def test_several_articles_have_evidence_each(ensayar: Callable[..., Done], place: Path) -> None:
    (place / "posts" / "b.rst").write_text(ARTICLE.replace("hello\n   #", "goodbye\n   #"), encoding="utf-8")
    done = ensayar("rehearse")
    assert done.returncode == 3
    first, second = evidence(place), evidence(place, "b")
    assert first is not None
    assert second is not None
    assert (first.outcome, second.outcome) == ("passed", "failed")


def test_values_that_nobody_chose_are_kept_where_all_went_well(ensayar: Callable[..., Done], place: Path) -> None:
    kept = place / "tutorial" / "a" / "evidence" / variation.FILE_NAME
    edit(place / "posts" / "a.rst", "   hello\n   # echo two", "   @@word@@\n   # echo two")
    checks = place / "tests" / "deployment" / "test_a.py"
    edit(checks, "def test_three_is_there(ensayar_machine,", "def test_three_is_there(parameters, ensayar_machine,")
    edit(checks, '"three") == "hello\\n"', '"three").strip() == parameters["word"]')
    done = ensayar("rehearse", "--parameters", "random", "--seed", "7", "posts/a.rst")
    assert (done.returncode, done.stderr) == (0, "")
    said = re.match(r"seed 7: word=(\S+)$", done.stdout, re.MULTILINE)
    assert said is not None
    assert said[1] != "hello"
    found = variation.load(kept)
    assert found is not None
    raw = parse(place / "posts" / "a.rst", root=place)
    assert raw is not None
    assert (found.article, found.digest) == ("a", variation.digest_of(raw))
    assert (found.parameters, found.seed) == ({"word": said[1]}, 7)
    assert (found.steps, found.checks) == (4, 4)
    assert evidence(place) is None
    # what somebody has chosen speaks for nobody else
    chosen = ensayar("rehearse", "--parameters", "random", "-p", "word=chosen", "posts/a.rst")
    assert "chosen" in chosen.stdout
    assert chosen.returncode == 0
    assert variation.load(kept) == found
    other = ensayar("rehearse", "--parameters", "random", "posts/a.rst")
    assert re.match(r"seed \d+: word=", other.stdout)
    assert other.returncode == 0
    before = kept.read_bytes()
    edit(checks, 'parameters["word"] + "\\n"', '"hello\\n"')
    failed = ensayar("rehearse", "--parameters", "random", "--seed", "8", "posts/a.rst")
    assert failed.returncode == 3
    assert kept.read_bytes() == before
    (place / "posts" / "b.rst").write_text(".. rehearse::\n   :platform: debian-13\n", encoding="utf-8")
    for articles, message in (
        (["posts/b.rst"], "posts/b.rst: it has no parameters; leave “--parameters” out\n"),
        ([], "--parameters takes one article\n"),
    ):
        wrong = ensayar("rehearse", "--parameters", "random", *articles)
        assert (wrong.returncode, wrong.stdout) == (2, "")
        assert wrong.stderr.endswith(message)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seed", "7"], "--seed goes with “--parameters random”; add it\n"),
        (["--parameters", "randm"], "'randm' is not 'random'."),
        (["--until", "fuor"], "no step “fuor”; did you mean “four”?\n"),
        (["-p", "wrod=x"], "the article declares no parameter “wrod”; did you mean “word”?\n"),
        (["-p", "word"], "--parameter word: write NAME=VALUE\n"),
        (["-p", "word=a b"], "parameter “word”: 'a b' does not match [A-Za-z0-9._-]+\n"),
        (["posts/prose.rst"], "posts/prose.rst: not an executable article; it has no “.. rehearse::” directive\n"),
        (["posts/none.rst"], "Invalid value for '[ARTICLES]...': File 'posts/none.rst' does not exist.\n"),
        (["--utnil", "four"], "No such option '--utnil'"),
    ],
    ids=["seed", "random", "step", "parameter", "no-value", "value", "prose", "nowhere", "option"],
)
def test_a_wrong_call_is_said_in_words(
    place: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    # nothing is started, hence in this process
    monkeypatch.chdir(place)
    before = signal.getsignal(signal.SIGTERM)
    done = CliRunner().invoke(main, ["rehearse", *arguments])
    signal.signal(signal.SIGTERM, before)
    assert isinstance(done.exception, SystemExit)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert not (place / "machines").exists()


def test_evidence_that_cannot_be_read_is_said_before_any_work(ensayar: Callable[..., Done], place: Path) -> None:
    path = place / "tutorial" / "a" / "evidence" / "evidence.json"
    path.parent.mkdir(parents=True)
    path.write_text("[]", encoding="utf-8")
    done = ensayar("rehearse")
    assert done.returncode == 2
    assert "not usable as evidence" in done.stderr
    assert not (place / "machines").exists()


LONG = "   # echo here > here; sleep 60"


@pytest.mark.parametrize(
    ("number", "where"),
    [
        (signal.SIGINT, "step"),
        (signal.SIGINT, "last step"),
        (signal.SIGINT, "check"),
        (signal.SIGTERM, "step"),
    ],
)
def test_an_interrupted_rehearsal_leaves_neither_process_nor_evidence(
    place: Path, number: signal.Signals, where: str
) -> None:
    if where == "check":
        edit(
            place / "tests" / "deployment" / "test_a.py",
            'assert read(ensayar_machine, "log") == "one\\ntwo',
            'ensayar_machine.run("echo here > here; sleep 60")\n    assert read(ensayar_machine, "log") == "one\\ntwo',
        )
    else:
        edit(place / "posts" / "a.rst", f"   # echo {'four' if where == 'last step' else 'two'} >> log", LONG)
    process = subprocess.Popen(
        [*ENSAYAR, "rehearse"], cwd=place, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not (place / "run" / "machine" / "here").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert output.splitlines()[-1].startswith("interrupted: ")
    assert "Traceback" not in errors
    assert evidence(place) is None


def terminal(place: Path, *arguments: str) -> tuple[int, str]:
    """The command on a terminal: exit status, and all that it wrote there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*ENSAYAR, *arguments], cwd=place, env=environment(), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    return process.wait(timeout=30), written.decode()


def test_on_a_terminal_one_line_lives_and_results_stay(ensayar: Callable[..., Done], place: Path) -> None:
    assert ensayar("rehearse", "-q").returncode == 0  # for the estimate
    edit(
        place / "posts" / "a.rst", "   # echo four >> log", "   # printf '\\033[31mred\\n'; echo four >> log; sleep 0.6"
    )
    status, written = terminal(place, "rehearse")
    assert status == 0
    assert "[4/4] four" in written
    assert "left" in written
    assert "red" in written
    assert "\x1b[31mred" not in written  # what the machine prints cannot paint on this terminal
    assert "passed: 4 steps, 4 checks" in written
    piped = ensayar("rehearse").stdout
    assert "\x1b" not in piped
    assert "\r" not in piped


def test_a_shell_at_a_step_that_is_not_there_is_refused(ensayar: Callable[..., Done]) -> None:
    done = ensayar("shell", "posts/a.rst", "--at", "fuor")
    assert (done.returncode, done.stderr) == (2, "posts/a.rst: no step “fuor”; did you mean “four”?\n")
