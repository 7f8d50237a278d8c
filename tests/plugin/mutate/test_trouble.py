"""``ensayar mutate`` where something other than the mutant is wrong: the machine, the article, a check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin.mutate.mutating import ARTICLE, CHECKS, ONLY_CONTENT, explain, journal, machines, report, statuses
from plugin.sample import edit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plugin.calling import Done


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
