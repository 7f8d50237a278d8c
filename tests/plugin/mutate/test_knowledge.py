"""What ``ensayar mutate`` knows from earlier runs, and what it has to find out again."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from plugin.calling import Done, environment
from plugin.mutate.mutating import ARTICLE, ONLY_CONTENT, command, journal, statuses
from plugin.sample import edit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_what_is_known_is_not_rehearsed_again(mutate: Callable[..., Done], place: Path) -> None:
    first = mutate("--json", "r.json", *ONLY_CONTENT)
    before = (first.returncode, statuses(place), len(journal(place)))
    again = mutate("--json", "r.json", *ONLY_CONTENT)
    assert (again.returncode, statuses(place), len(journal(place))) == before
    # more is asked: only that is rehearsed, and the sound article is not played for its times again
    mutate("--step", "conf", "--only", "altered")
    assert [entry["kind"] for entry in journal(place)].count("sound") == 1
    assert len(journal(place)) == before[2] + 4
    mutate("--fresh", *ONLY_CONTENT)
    assert len(journal(place)) == before[2] + 4 + 1 + before[2]


@pytest.mark.parametrize(
    ("stale", "found_again"),
    [("first step", 6), ("last step", 2), ("killing check", 4), ("other check", 2), ("conftest", 4)],
)
def test_an_edit_costs_the_verdicts_that_rest_on_what_it_touches(
    mutate: Callable[..., Done], place: Path, stale: str, found_again: int
) -> None:
    mutate(*ONLY_CONTENT)
    known = len(journal(place))
    assert known == 1 + 6
    edit(place / "posts" / "a.rst", ".. code-block:: ini\n", "Prose.\n\n.. code-block:: ini\n   :caption: prose\n")
    mutate(*ONLY_CONTENT)
    assert len(journal(place)) == known  # prose is no other article
    checks = place / "tests" / "deployment" / "test_a.py"
    if stale == "first step":
        edit(place / "posts" / "a.rst", "   $ word=hello", "   $ word='hello'")
    elif stale == "last step":
        edit(place / "posts" / "a.rst", "   # cp sub/here last", "   # cp sub/here ./last")
    elif stale == "killing check":
        edit(checks, 'assert "go = yes"', 'assert "count"')
    elif stale == "other check":
        edit(checks, '== "hello\\n"', 'in ("hello\\n",)')
    else:
        edit(place / "conftest.py", "import pytest\n", "import pytest\nimport json\n")
    mutate(*ONLY_CONTENT)
    assert [entry["kind"] for entry in journal(place)[known:]] == ["sound"] + ["verdict"] * found_again


def test_what_is_committed_is_known_on_another_computer(mutate: Callable[..., Done], place: Path) -> None:
    evidence = place / "tutorial" / "a" / "evidence"
    evidence.mkdir(parents=True)
    report_at = ("--json", "tutorial/a/evidence/mutation.json")
    first = mutate(*report_at, *ONLY_CONTENT)
    before = (evidence / "mutation.json").read_text(encoding="utf-8")
    (place / ".dev" / "mutation" / "a.jsonl").unlink()
    again = mutate(*report_at, *ONLY_CONTENT)
    assert (again.returncode, again.stderr) == (first.returncode, "")
    assert first.stdout.endswith(again.stdout[again.stdout.index("nothing notices these") :])
    assert [entry["kind"] for entry in journal(place)] == ["verdict"] * 6  # it knows them from now on
    assert (evidence / "mutation.json").read_text(encoding="utf-8") == before
    mutate("--fresh", *ONLY_CONTENT)
    assert [entry["kind"] for entry in journal(place)[6:]] == ["fresh", "sound"] + ["verdict"] * 6
    (evidence / "mutation.json").write_text("{}", encoding="utf-8")
    done = mutate(*ONLY_CONTENT)
    assert done.returncode == 2
    assert "mutation.json: no report of “ensayar mutate --json”" in done.stderr


CALLED = """
import pytest

pytestmark = pytest.mark.article("a")

def note(request):
    with (request.config.rootpath / "called").open("a") as stream:
        stream.write(request.node.name + " ")

@pytest.mark.after_step("start")
def test_start(request):
    note(request)

@pytest.mark.after_step("conf")
def test_new(ensayar_machine, request):
    note(request)
    assert "WANTED" in ensayar_machine.get("/conf").decode()

@pytest.mark.after_step("last")
def test_end(request):
    note(request)
"""


@pytest.mark.parametrize("committed", [False, True], ids=["here", "elsewhere"])
def test_only_new_checks_look_at_a_survivor(mutate: Callable[..., Done], place: Path, *, committed: bool) -> None:
    """``idle`` survived two checks; a third one notices it, or not, and nothing behind that one is played again."""
    evidence = place / "tutorial" / "a" / "evidence"
    evidence.mkdir(parents=True)
    idle = ("--step", "conf", "--operator", "value-changed", "--json", "tutorial/a/evidence/mutation.json")
    checks = place / "tests" / "deployment" / "test_b.py"
    played = place / "played"  # outside of the machine, so that no restored state takes it back
    edit(place / "posts" / "a.rst", "   # cp sub/here last", f"   # cp sub/here last; echo x >> {played}")
    checks.write_text(CALLED.replace("WANTED", "count"), encoding="utf-8")
    mutate(*idle)
    checks.write_text(CALLED.replace("WANTED", "idle = "), encoding="utf-8")
    if committed:
        (place / ".dev" / "mutation" / "a.jsonl").unlink()
    (place / "called").unlink()
    played.unlink()
    done = mutate(*idle)
    assert "survived" in done.stdout
    # the sound article from end to end, then each mutant that survived, up to the check that is new
    assert (place / "called").read_text(encoding="utf-8").split() == ["test_start", "test_new", "test_end", "test_new"]
    assert played.read_text(encoding="utf-8") == "x\n"
    found = json.loads((evidence / "mutation.json").read_text(encoding="utf-8"))
    assert [each["status"] for each in found["mutants"]] == ["killed", "killed", "survived"]
    assert sorted(name.rpartition("::")[2] for name in found["checks"]) == [
        *("test_conf", "test_end", "test_last", "test_new", "test_start")
    ]
    checks.write_text(CALLED.replace("WANTED", "idle = no"), encoding="utf-8")
    mutate(*idle)
    found = json.loads((evidence / "mutation.json").read_text(encoding="utf-8"))
    assert [each["status"] for each in found["mutants"]] == ["killed", "killed", "killed"]
    checks.unlink()
    (place / "called").unlink()
    mutate(*idle)
    assert not (place / "called").exists()
    assert "survived" in (evidence / "mutation.json").read_text(encoding="utf-8")


RED = """
.. code-block:: console
   :name: red

   # cat /conf | head -n 1
   count = 7
"""


@pytest.mark.parametrize("where", ["article", "check", "helper"])
def test_a_red_article_has_no_score_even_where_all_its_mutants_are_known(
    mutate: Callable[..., Done], place: Path, where: str
) -> None:
    (place / "tests" / "wanted.py").write_text("LAST = 'hello\\n'\n", encoding="utf-8")
    checks = place / "tests" / "deployment" / "test_a.py"
    edit(checks, "import pytest\n", "import sys\nimport pytest\nsys.path.insert(0, 'tests')\nimport wanted\n")
    edit(checks, '== "hello\\n"', "== wanted.LAST")
    kills = ("--step", "conf", "--operator", "directive-lost", "--sample", "1", "--seed", "3", "--json", "r.json")
    assert mutate(*kills).returncode == 0
    assert mutate(*kills).returncode == 0
    if where == "article":
        (place / "posts" / "a.rst").write_text(ARTICLE + RED, encoding="utf-8")
    elif where == "check":
        edit(checks, "== wanted.LAST", "== wanted.LAST * 2")
    else:
        (place / "tests" / "wanted.py").write_text("LAST = 'bye'\n", encoding="utf-8")
    done = mutate(*kills)
    assert done.returncode == 3, done.stdout
    assert done.stderr.startswith("the article itself is red")


def test_what_is_saved_during_a_run_is_for_the_next_one(mutate: Callable[..., Done], place: Path) -> None:
    """Between mutants the article is played again: the one that the run began with."""
    slow = SLOW.replace("OLD", "here").replace("NEW", "there")
    (place / "tests" / "deployment" / "test_b.py").write_text(slow, encoding="utf-8")
    wanted = ("--step", "conf", "--step", "spied", "--json", "r.json")
    before = mutate(*wanted)
    found = statuses(place)
    (place / ".dev" / "mutation" / "a.jsonl").unlink()
    (place / "edit-now").touch()
    again = mutate(*wanted)
    assert not (place / "edit-now").exists()
    assert "# echo $word > there" in (place / "posts" / "a.rst").read_text(encoding="utf-8").replace("$ echo", "# echo")
    assert (again.returncode, statuses(place)) == (before.returncode, found)


SLOW = """
import pytest

pytestmark = pytest.mark.article("a")

@pytest.mark.after_step("conf")
def test_edits(request):
    root = request.config.rootpath
    if (root / "edit-now").exists():
        (root / "edit-now").unlink()
        path = root / "posts" / "a.rst"
        path.write_text(path.read_text().replace("$word > OLD", "$word > NEW"))
"""


def test_a_report_is_not_lost_where_no_machine_can_be_had(mutate: Callable[..., Done], place: Path) -> None:
    mutate("--json", "r.json", *ONLY_CONTENT)
    before = (place / "r.json").read_text(encoding="utf-8")
    (place / "no-machine").touch()
    assert mutate("--json", "r.json", *ONLY_CONTENT).returncode == 4
    assert (place / "r.json").read_text(encoding="utf-8") == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_goes_on_where_it_was(
    mutate: Callable[..., Done], place: Path, number: signal.Signals
) -> None:
    slow = "   # grep -q 'idle = no' conf || { touch slow; sleep 60; }\n   # cp sub/here last\n"
    edit(place / "posts" / "a.rst", "   # cp sub/here last\n", slow)
    process = subprocess.Popen(
        command(*ONLY_CONTENT, "--json", "r.json"),
        cwd=place,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (place / "run" / "machine" / "slow").exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "the same command goes on from here\ninterrupted\n")
    assert "not rehearsed" in output
    found = statuses(place)
    assert 0 < list(found.values()).count("pending") < len(found)
    decided = [entry["data"]["mutant"] for entry in journal(place) if entry["kind"] == "verdict"]
    assert len(decided) == 6 - list(found.values()).count("pending")
    edit(place / "posts" / "a.rst", ".. rehearse::", "Prose.\n\n.. rehearse::")
    with (place / ".dev" / "mutation" / "a.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"kind": "verd')  # a run that was killed
    done = mutate("--json", "r.json", *ONLY_CONTENT, floor=0.5)
    assert done.returncode == 0, done.stdout
    assert set(statuses(place).values()) == {"killed", "timed out"}
    rehearsed = [line for line in done.stdout.splitlines() if " [" in line and "conf:" in line]
    assert len(rehearsed) == 6 - len(decided)


def test_two_runs_of_one_article_do_not_mix(mutate: Callable[..., Done], place: Path) -> None:
    edit(place / "posts" / "a.rst", "   $ mkdir sub\n", "   $ touch here; sleep 60\n   $ mkdir sub\n")
    first = subprocess.Popen(command(), cwd=place, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (place / "run" / "machine" / "here").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    done = mutate()
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=30)
    assert done.returncode == 2
    assert "another mutation run of this article is at work" in done.stderr
    assert first.returncode == 130
