"""``ensayar mutate`` as a command, on a machine that is this computer: who notices what, and what a run leaves."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from plugin.calling import Done, call, environment
from plugin.sample import CONFTEST, edit, shells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEMA = json.loads((files("ensayar") / "schemas" / "mutation.schema.json").read_text(encoding="utf-8"))

ARTICLE = """\
.. rehearse::
   :platform: debian-13
   :login: muro

.. code-block:: console
   :name: start

   $ mkdir sub
   $ cd sub
   $ word=hello

.. code-block:: console
   :name: spy
   :background:

   $ echo ready; sleep 600

.. code-block:: ini
   :name: conf
   :file: /conf

   count = 5
   go = yes
   idle = no

.. code-block:: console
   :name: here

   $ echo $word > here

.. code-block:: console
   :name: look

   # cat conf | head -n 1
   count = 5

.. code-block:: console
   :name: spied
   :output-of: spy
   :wait: 2
   :stop:

   ready

.. code-block:: console
   :name: last

   # cp sub/here last
   # ls last
   last
"""
CHECKS = '''
import pytest

pytestmark = pytest.mark.article("a")

def read(machine, name):
    return machine.get("/" + name).decode()

@pytest.mark.after_step("conf")
def test_conf(ensayar_machine):
    """The file conf says go."""
    assert "go = yes" in read(ensayar_machine, "conf")

@pytest.mark.after_step("last")
def test_last(ensayar_machine):
    assert read(ensayar_machine, "last") == "hello\\n"
'''
# the fault of not having a user is this computer's, not the article's
ONLY_CONTENT = ("--step", "conf", "--operator", "directive-lost", "--operator", "value-changed")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A project with an article and its checks; nothing may be left running in it."""
    (tmp_path / "posts").mkdir()
    (tmp_path / "tests" / "deployment").mkdir(parents=True)
    (tmp_path / "tests" / "mutation").mkdir()
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "posts" / "a.rst").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "tests" / "deployment" / "test_a.py").write_text(CHECKS, encoding="utf-8")
    yield tmp_path
    assert shells(tmp_path) == []


def command(*arguments: str, floor: float = 30.0) -> list[str]:
    program = f"from ensayar.testing import mutation; mutation.FLOOR = {floor}; from ensayar.cli import main; main()"
    return [sys.executable, "-c", program, "mutate", "posts/a.rst", *arguments]


@pytest.fixture
def mutate(place: Path) -> Callable[..., Done]:
    def called(*arguments: str, floor: float = 30.0) -> Done:
        return call(place, program=tuple(command(*arguments, floor=floor)))

    return called


def report(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "r.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, SCHEMA)
    return found


def statuses(place: Path) -> dict[str, str]:
    """Step, operator and the text in question, with the status."""
    return {
        f"{mutant['step']} {mutant['operator']} {mutant['description'].split(' → ')[0]}": mutant["status"]
        for mutant in report(place)["mutants"]
    }


def ids(place: Path) -> dict[str, str]:
    return {
        f"{mutant['operator']} {mutant['description'].split(' → ')[0]}": mutant["id"]
        for mutant in report(place)["mutants"]
    }


def machines(place: Path) -> int:
    return len((place / "machines").read_text(encoding="utf-8").splitlines())


def journal(place: Path) -> list[dict[str, Any]]:
    text = (place / ".dev" / "mutation" / "a.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def explain(place: Path, *ids: str) -> Path:
    path = place / "tests" / "mutation" / "a.equivalent.toml"
    lines = [f'"{name}" = "nobody reads it"' for name in ids]
    path.write_text("# why\n[equivalent]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_each_mutant_is_noticed_or_not(mutate: Callable[..., Done], place: Path) -> None:
    done = mutate("--json", "r.json")
    assert done.returncode == 1, done.stderr
    found = statuses(place)
    assert found == {
        "start drop mkdir sub": "killed",
        "start command-lost mkdir sub": "killed",
        "start command-lost cd sub": "killed",
        "start command-lost word=hello": "killed",
        "spy drop echo ready; sleep 600": "killed",
        "conf drop /conf": "killed",
        "conf mode-tightened 0644": "survived",
        "conf mode-loosened 0644": "survived",
        "conf owner-changed root": "killed",
        "conf group-changed root": "killed",
        "conf directive-lost count = 5": "killed",
        "conf value-changed count = 5": "killed",
        "conf directive-lost go = yes": "killed",
        "conf value-changed go = yes": "killed",
        "conf directive-lost idle = no": "survived",
        "conf value-changed idle = no": "survived",
        "here drop echo $word > here": "killed",
        "spied drop the terminal of spy is stopped": "survived",
        "last drop cp sub/here last": "killed",
        "last command-lost cp sub/here last": "killed",
    }
    data = report(place)
    assert data["looking"] == ["look"]
    assert data["dropped"]["score"] == round(5 / 6, 4)
    assert (data["altered"]["killed"], data["altered"]["survived"], data["altered"]["score"]) == (10, 4, 0.7143)
    killers = {mutant["description"]: mutant["killer"] for mutant in data["mutants"]}
    # a check sees what is missing; a step sees that its output is another; a terminal that was left idle prints nothing
    assert killers["go = yes → (lost)"] == {
        "kind": "check",
        "name": "tests/deployment/test_a.py::test_conf",
        "step": "conf",
        "location": "tests/deployment/test_a.py:9",
        "offset": 0,
    }
    look = {"kind": "step", "name": "look", "step": "look", "location": "posts/a.rst:34", "offset": 3}
    assert killers["count = 5 → count = 6"] == look
    spied = {"kind": "step", "name": "spied", "step": "spied", "location": "posts/a.rst:37", "offset": 0}
    assert killers["echo ready; sleep 600 → (lost)"] == spied
    # dropped, it is absent, and its checks are asked all the same
    assert killers["/conf → (lost)"]["name"] == "tests/deployment/test_a.py::test_conf"
    assert "  posts/a.rst:24: conf:value-changed:" in done.stdout
    assert re.search(
        r"^dropped: 83.3 % of 6: 5 killed, 1 survived\naltered: 71.4 % of 14: 10 killed, 4 survived\n\Z",
        done.stdout,
        re.MULTILINE,
    )
    assert machines(place) == 1


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
    checks.write_text(CALLED.replace("WANTED", "count"), encoding="utf-8")
    mutate(*idle)
    checks.write_text(CALLED.replace("WANTED", "idle = "), encoding="utf-8")
    if committed:
        (place / ".dev" / "mutation" / "a.jsonl").unlink()
    (place / "called").unlink()
    done = mutate(*idle)
    assert "survived" in done.stdout
    # the sound article from end to end, then each mutant that survived, up to the check that is new
    assert (place / "called").read_text(encoding="utf-8").split() == ["test_start", "test_new", "test_end", "test_new"]
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


def test_every_dropped_step_and_a_sample(mutate: Callable[..., Done], place: Path) -> None:
    done = mutate("--json", "r.json", "--sample", "2", "--all-dropped")
    data = report(place)
    assert (data["dropped"]["total"], data["altered"]["total"]) == (6, 2)
    assert data["population"] == {"dropped": 6, "altered": 14}
    assert re.search(r"^altered: .*; 12 of 14 were not asked for$", done.stdout, re.MULTILINE)
    for wrong in (("--all-dropped",), ("--all-dropped", "--sample", "2", "--only", "altered")):
        done = mutate(*wrong)
        assert (done.returncode, done.stderr) == (2, "--all-dropped goes with --sample, and without --only\n")


def test_survivors_may_be_explained(mutate: Callable[..., Done], place: Path) -> None:
    assert mutate("--json", "r.json", *ONLY_CONTENT).returncode == 1
    known = ids(place)
    idle = [known["directive-lost idle = no"], known["value-changed idle = no"]]
    explain(place, *idle)
    done = mutate("--json", "r.json", *ONLY_CONTENT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("altered: 66.6 % of 6: 4 killed, 2 survived (2 of them explained)\n")
    assert report(place)["altered"]["explained"] == 2
    assert {mutant["equivalent"] for mutant in report(place)["mutants"] if mutant["id"] in idle} == {"nobody reads it"}


def test_the_list_of_equivalents_is_checked(mutate: Callable[..., Done], place: Path) -> None:
    mutate("--json", "r.json", *ONLY_CONTENT)
    known = ids(place)
    idle = [known["directive-lost idle = no"], known["value-changed idle = no"]]
    explain(place, *idle, known["value-changed go = yes"])
    done = mutate(*ONLY_CONTENT)
    assert done.returncode == 1
    said = f":5: “{known['value-changed go = yes']}” is no equivalent: it was killed by check"
    assert f"tests/mutation/a.equivalent.toml{said}" in done.stdout
    explain(place, *idle, "conf:value-changed:00000000")
    for arguments in (ONLY_CONTENT, (*ONLY_CONTENT, "--list")):
        done = mutate(*arguments)
        assert done.returncode == 1
        said = (
            "tests/mutation/a.equivalent.toml:5: there is no mutant “conf:value-changed:00000000”; did you mean “conf:v"
        )
        assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[equivalent\n", "tests/mutation/a.equivalent.toml:1: not TOML"),
        ('[equivalent]\n"a" = ""\n', "tests/mutation/a.equivalent.toml:2: “a” needs a reason"),
        ('[equivalent]\n\n"a" = 1\n', "tests/mutation/a.equivalent.toml:3: “a” needs a reason"),
        ('[equivalent]\n[other]\na = "b"\n', "tests/mutation/a.equivalent.toml:2: only a table [equivalent]"),
        ("equivalent = 1\n", "tests/mutation/a.equivalent.toml:1: only a table [equivalent]"),
    ],
)
def test_a_list_of_equivalents_that_is_written_wrong(
    mutate: Callable[..., Done], place: Path, text: str, words: str
) -> None:
    explain(place).write_text(text, encoding="utf-8")
    done = mutate()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(words)
    assert not (place / "machines").exists()


HANGS = "   # until grep -q 'go = yes' conf; do sleep 0.1; done\n   # cp sub/here last\n"
HANGING_CHECK = """
import subprocess

@pytest.mark.after_step("conf")
def test_waits(ensayar_machine):
    while "idle = no" not in read(ensayar_machine, "conf"):
        try:
            subprocess.run(["sleep", "3600"], check=True)
        except Exception:
            pass
"""


def test_what_hangs_is_killed_by_time_out(mutate: Callable[..., Done], place: Path) -> None:
    edit(place / "posts" / "a.rst", "   # cp sub/here last\n", HANGS)
    path = place / "tests" / "deployment" / "test_a.py"
    path.write_text(CHECKS.replace('"go = yes" in', '"o" in') + HANGING_CHECK, encoding="utf-8")
    done = mutate("--json", "r.json", *ONLY_CONTENT, floor=1.0)
    assert done.returncode == 0, done.stdout
    found = statuses(place)
    assert found["conf value-changed go = yes"] == found["conf directive-lost go = yes"] == "timed out"
    assert found["conf value-changed idle = no"] == found["conf directive-lost idle = no"] == "timed out"
    assert found["conf value-changed count = 5"] == "killed"
    by = {mutant["description"]: mutant for mutant in report(place)["mutants"]}
    assert by["go = yes → go = no"]["killer"]["location"] == "posts/a.rst:48"
    assert "did not end within 1" in by["go = yes → go = no"]["message"]
    assert by["idle = no → idle = yes"]["killer"]["name"].endswith("::test_waits")
    assert "altered: 100 % of 6: 6 killed (4 of them by time-out), 0 survived\n" in done.stdout
    sleeping = [path for path in Path("/proc").glob("[0-9]*/cmdline") if b"sleep\x003600" in _read(path)]
    assert not sleeping


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


BREAKS = """
from pathlib import Path
from ensayar.errors import InfrastructureError

@pytest.mark.after_step("conf")
def test_breaks(ensayar_machine, request):
    if "idle = no" in read(ensayar_machine, "conf"):
        return
    times = request.config.rootpath / "times"
    with times.open("a") as stream:
        stream.write("x")
    if times.stat().st_size in BROKEN:
        STATES
        raise InfrastructureError("the cable is cut")
"""


def test_a_machine_that_fails_once_gets_another_try(mutate: Callable[..., Done], place: Path) -> None:
    path = place / "tests" / "deployment" / "test_a.py"
    # it does not come back by itself: the next try is on a new one
    breaks = BREAKS.replace("BROKEN", "(1,)").replace("STATES", "ensayar_machine.states.clear()")
    path.write_text(CHECKS + breaks, encoding="utf-8")
    done = mutate("--json", "r.json", *ONLY_CONTENT)
    assert done.returncode == 1, done.stderr
    found = statuses(place)
    assert found["conf directive-lost idle = no"] == found["conf value-changed idle = no"] == "survived"
    assert (place / "times").read_text(encoding="utf-8") == "xxx"
    assert machines(place) == 2


def test_a_machine_that_fails_again_has_killed_nobody(mutate: Callable[..., Done], place: Path) -> None:
    path = place / "tests" / "deployment" / "test_a.py"
    path.write_text(CHECKS + BREAKS.replace("BROKEN", "(1, 2, 3)").replace("STATES", ""), encoding="utf-8")
    explain(place)
    done = mutate("--json", "r.json", "--step", "conf", "--operator", "directive-lost")
    assert done.returncode == 4, done.stderr
    assert statuses(place)["conf directive-lost idle = no"] == "error"
    assert "altered: 100 % of 3: 2 killed, 0 survived, 1 without verdict\n" in done.stdout
    assert "the cable is cut" in done.stdout
    # what has no verdict is rehearsed again
    done = mutate("--json", "r.json", "--step", "conf", "--operator", "directive-lost")
    assert done.returncode == 1
    assert statuses(place)["conf directive-lost idle = no"] == "survived"


def test_a_run_without_a_machine_room_ends(mutate: Callable[..., Done], place: Path) -> None:
    edit(place / "posts" / "a.rst", "   idle = no\n", "   idle = no\n   three = 3\n   four = 4\n   five = 5\n")
    path = place / "tests" / "deployment" / "test_a.py"
    breaks = BREAKS.replace("BROKEN", "range(1, 100)").replace("STATES", "").replace('"idle = no" in', '" 3\\n" in')
    path.write_text(
        CHECKS + breaks.replace(" 3\\n", "idle = no\\nthree = 3\\nfour = 4\\nfive = 5\\n"), encoding="utf-8"
    )
    done = mutate("--json", "r.json", "--step", "conf", "--operator", "value-changed")
    assert done.returncode == 4
    assert "3 mutants in a row came to no verdict, the last with: the cable is cut" in done.stderr
    assert list(statuses(place).values()).count("error") == 3
    assert report(place)["altered"]["pending"] >= 1


def test_no_machine_to_be_had(mutate: Callable[..., Done], place: Path) -> None:
    (place / "no-machine").touch()
    done = mutate()
    assert done.returncode == 4
    assert done.stderr.endswith("no machine to be had; buy one\n")


def test_a_sound_article_that_is_red_is_no_baseline(mutate: Callable[..., Done], place: Path) -> None:
    edit(place / "tests" / "deployment" / "test_a.py", '"hello\\n"', '"bye\\n"')
    done = mutate("--json", "r.json")
    assert done.returncode == 3
    assert done.stderr.startswith(
        "the article itself is red; make it green, then mutate it\n\nposts/a.rst:45: step “last”"
    )
    assert not any(entry["kind"] == "verdict" for entry in journal(place))


def test_a_bug_keeps_its_traceback(mutate: Callable[..., Done], place: Path) -> None:
    edit(
        place / "conftest.py",
        'return LocalMachine.start(ROOT / "run")',
        'machine = LocalMachine.start(ROOT / "run")\n        machine.put = None\n        return machine',
    )
    done = mutate()
    assert done.returncode == 1
    assert "TypeError: 'NoneType' object is not callable" in done.stderr


def test_checks_that_cannot_be_collected(mutate: Callable[..., Done], place: Path) -> None:
    edit(place / "tests" / "deployment" / "test_a.py", "import pytest\n", "import nowhere\n")
    done = mutate()
    assert done.returncode == 2
    assert "No module named 'nowhere'" in done.stderr


def test_a_mutant_may_be_left_undecided(mutate: Callable[..., Done], place: Path) -> None:
    edit(place / "posts" / "a.rst", "   # cat conf | head -n 1", "   # sleep 1.2; cat conf | head -n 1")
    wanted = ("--step", "conf", "--operator", "mode-tightened")
    done = mutate("--json", "r.json", *wanted, "--at-most", "1")
    assert done.returncode == 1
    assert "altered: no score of 1: 0 killed, 0 survived, 1 undecided\n" in done.stdout
    assert statuses(place) == {"conf mode-tightened 0644": "undecided"}
    known = len(journal(place))
    mutate(*wanted, "--at-most", "0.5")  # less time would find out no more
    assert len(journal(place)) == known
    mutate("--json", "r.json", *wanted)
    assert statuses(place) == {"conf mode-tightened 0644": "survived"}


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


def test_a_sample_is_drawn_by_its_seed(mutate: Callable[..., Done], place: Path) -> None:
    def drawn(*arguments: str) -> list[str]:
        done = mutate("--list", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    everything = drawn()
    some = drawn("--sample", "5", "--seed", "7")
    assert len(some) == 5
    assert some == drawn("--sample", "5", "--seed", "7") == [line for line in everything if line in some]
    assert some != drawn("--sample", "5", "--seed", "8")
    assert set(drawn("--sample", "4", "--seed", "7")) < set(some)
    assert drawn("--sample", "99") == everything
    assert all(":drop:" in line for line in drawn("--only", "dropped"))
    assert len(drawn("--only", "altered")) + len(drawn("--only", "dropped")) == len(everything)
    assert not (place / "machines").exists()
    done = mutate("--sample", "1", "--seed", "7", "--quiet", "--json", "r.json")
    assert [mutant["id"] for mutant in report(place)["mutants"]] == [
        drawn("--sample", "1", "--seed", "7")[0].split()[1]
    ]
    assert "[1/1]" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--step", "cnof"), "no mutants of step “cnof”; did you mean “conf”?\n"),
        (("--step", "look"), "no mutants of step “look”; "),
        (("--operator", "dorp"), "no mutants of operator “dorp”; did you mean “drop”?\n"),
        (("--sample", "0"), "Invalid value for '--sample'"),
        (("--at-most", "0"), "Invalid value for '--at-most'"),
        (("--only", "some"), "Invalid value for '--only'"),
        (("--json", "no/where.json"), "no/where.json: there is no such directory; create it first\n"),
        (
            ("--step", "spy", "--operator", "value-changed"),
            "no mutant is all that was asked for; look at the whole --list\n",
        ),
    ],
)
def test_a_wrong_call_is_said_in_words(
    mutate: Callable[..., Done], place: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = mutate(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (place / "machines").exists()


def test_more_steps_than_states_are_kept(mutate: Callable[..., Done], place: Path) -> None:
    steps = [f".. code-block:: console\n   :name: s{n}\n\n   # touch f{n}; echo {n} >> log\n" for n in range(14)]
    text = ARTICLE.split(".. code-block::", maxsplit=1)[0] + "\n".join(steps)
    (place / "posts" / "a.rst").write_text(text, encoding="utf-8")
    log = "\\n".join(str(number) for number in range(14))
    text = CHECKS.split("@pytest", maxsplit=1)[0]
    text += f"""
@pytest.mark.after_step("s13")
def test_log(ensayar_machine):
    assert read(ensayar_machine, "log") == "{log}\\n"
"""
    (place / "tests" / "deployment" / "test_a.py").write_text(text, encoding="utf-8")
    done = mutate("--json", "r.json")
    assert done.returncode == 0, done.stdout
    assert set(statuses(place).values()) == {"killed"}
    assert len(statuses(place)) == 14
    # only what the mutant is about was missing each time: nothing was played twice or left out on the way there
    for gone, mutant in enumerate(report(place)["mutants"]):
        seen = re.search(r"'(.*?)' ==", mutant["message"])
        assert seen is not None
        assert seen[1].startswith("".join(f"{number}\\n" for number in range(5) if number != gone)[:8])
        assert f"\\n{gone}\\n" not in f"\\n{seen[1]}"
    saved = {path.name for path in (place / "run" / "machine-scratch").glob("saved-*")}
    assert len(saved) <= 10


def test_an_article_that_only_looks_has_nothing_to_mutate(mutate: Callable[..., Done], place: Path) -> None:
    text = ARTICLE.split(".. code-block::", maxsplit=1)[0] + ".. code-block:: console\n   :name: look\n\n   # ls\n"
    (place / "posts" / "a.rst").write_text(text, encoding="utf-8")
    done = mutate("--json", "r.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "not mutated: 1 steps that only look\n" in done.stdout
    assert report(place)["mutants"] == []
    assert not (place / "machines").exists()


def test_a_sound_article_that_is_red_on_the_way_gets_another_try(mutate: Callable[..., Done], place: Path) -> None:
    # more steps than states are kept, so that the sound article is played again in between
    steps = [f".. code-block:: console\n   :name: s{n}\n\n   # echo {n} >> log\n" for n in range(13)]
    text = ARTICLE.split(".. code-block::", maxsplit=1)[0] + "\n".join(steps)
    (place / "posts" / "a.rst").write_text(text, encoding="utf-8")
    text = CHECKS.split("@pytest", maxsplit=1)[0]
    text += """
@pytest.mark.after_step("s1")
def test_shaky(ensayar_machine, request):
    times = request.config.rootpath / "times"
    with times.open("a") as stream:
        stream.write("x")
    assert times.stat().st_size not in FAILS, "shaky"
"""
    path = place / "tests" / "deployment" / "test_a.py"
    wanted = ("--step", "s2", "--only", "dropped")
    path.write_text(text.replace("FAILS", "(2,)"), encoding="utf-8")
    assert mutate(*wanted).returncode == 1  # the survivor
    assert (place / "times").read_text(encoding="utf-8") == "x"  # its state was kept on the way
    (place / "times").unlink()
    edit(path, "(2,)", "(1,)")
    assert mutate(*wanted).returncode == 3
    assert mutate(*wanted).returncode == 1
    # known to be green, hence played up to its step only; red once, which is not believed at once
    (place / "times").unlink()
    done = mutate("--step", "s3", "--only", "dropped", "--json", "r.json")
    assert (place / "times").read_text(encoding="utf-8") == "xx"
    assert (done.returncode, statuses(place)) == (1, {"s3 drop echo 3 >> log": "survived"})
