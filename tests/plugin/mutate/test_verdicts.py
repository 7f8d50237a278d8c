"""``ensayar mutate`` as a command: who notices what."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plugin.mutate.mutating import ARTICLE, CHECKS, ONLY_CONTENT, journal, machines, report, statuses
from plugin.sample import edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugin.calling import Done


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


def test_every_dropped_step_and_a_sample(mutate: Callable[..., Done], place: Path) -> None:
    done = mutate("--json", "r.json", "--sample", "2", "--all-dropped")
    data = report(place)
    assert (data["dropped"]["total"], data["altered"]["total"]) == (6, 2)
    assert data["population"] == {"dropped": 6, "altered": 14}
    assert re.search(r"^altered: .*; 12 of 14 were not asked for$", done.stdout, re.MULTILINE)
    for wrong in (("--all-dropped",), ("--all-dropped", "--sample", "2", "--only", "altered")):
        done = mutate(*wrong)
        assert (done.returncode, done.stderr) == (2, "--all-dropped goes with --sample, and without --only\n")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


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
